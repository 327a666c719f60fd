// One stream per browser: the tab that holds a lock reads it and passes everything on to the other
// tabs. Where browsers cannot do that, each tab reads for itself.
import { follow } from "./stream.js";

const CHANNEL = "console";
const LOCK = "console-stream";

export function share(options) {
  const tell = { event: () => {}, status: () => {}, said: () => {} };
  const known = { status: "connecting", lastId: null };
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(CHANNEL) : null;
  let stream = null;

  function lead() {
    stream = follow({
      ...options,
      lastId: known.lastId,
      onEvent: (event) => {
        take(event);
        say({ type: "event", event });
      },
      onStatus: (status) => {
        note(status);
        say({ type: "status", status });
      },
    });
  }

  function take(event) {
    if (event.id && !event.isKnown) known.lastId = event.id;
    tell.event(event);
  }

  function note(status) {
    known.status = status;
    tell.status(status);
  }

  function say(message) {
    if (channel) channel.postMessage(message);
  }

  function hear({ data }) {
    if (data.type === "event") take(data.event);
    else if (data.type === "status") note(data.status);
    else if (data.type === "hello" && stream) welcome();
    else if (data.type === "again" && stream) stream.again();
    else if (data.type === "said") tell.said(data.what);
  }

  // A new tab learns from the one that reads how things stand, not from the server.
  function welcome() {
    say({ type: "status", status: known.status });
    if (options.snapshot) say({ type: "event", event: { kind: "snapshot", data: options.snapshot(), id: known.lastId } });
  }

  function start() {
    const isShared = channel && navigator.locks;
    if (!isShared) return lead();
    channel.addEventListener("message", hear);
    say({ type: "hello" });
    navigator.locks.request(LOCK, () => {
      lead();
      return new Promise(() => {}); // until this tab is closed
    });
  }

  return {
    start,
    on: (name, act) => (tell[name] = act),
    say: (what) => say({ type: "said", what }),
    // The network or the session is back: do not wait for the next try.
    again: () => (stream ? stream.again() : say({ type: "again" })),
    get isLeader() {
      return Boolean(stream);
    },
  };
}
