// Reads the server's stream of events with fetch, so that we see the status of the answer and can
// name the last event that we have. After a break it tries again, later and later, each browser at
// its own moment; if the server has no room, the list is asked for instead.
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const SILENCE_MS = 45_000; // the server says something at least every 15 s
const POLL_MS = 5_000;
const TRY_STREAM_MS = 60_000;

export function follow({ address, poll, lastId, onEvent, onStatus }) {
  let failures = 0;
  let timer = null;
  let reader = null;
  let silence = null;
  let streamAt = 0;

  async function connect() {
    window.clearTimeout(timer);
    timer = null;
    const stop = new AbortController();
    reader = stop;
    hush(stop);
    try {
      const headers = { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
      const answer = await fetch(address, { headers, signal: stop.signal, cache: "no-store" });
      if (answer.redirected || answer.status === 401 || answer.status === 403) return onStatus("session");
      if (answer.status === 503) return pollFor(answer);
      if (!answer.ok) throw new Error(String(answer.status));
      await read(answer.body.getReader(), stop);
    } catch {
      // a break like any other
    } finally {
      window.clearTimeout(silence);
      if (reader === stop) reader = null;
    }
    if (!timer) later();
  }

  async function read(chunks, stop) {
    const decoder = new TextDecoder();
    let rest = "";
    let isFirst = true;
    for (;;) {
      const { value, done } = await chunks.read();
      if (done) return;
      hush(stop);
      if (isFirst) {
        isFirst = false;
        failures = 0;
        onStatus("online");
      }
      rest += decoder.decode(value, { stream: true });
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop();
      blocks.forEach(pass);
    }
  }

  function pass(block) {
    const event = { kind: "message", id: null, isKnown: false, data: "" };
    for (const line of block.split(/\r?\n/)) {
      const at = line.indexOf(":");
      if (at < 1) continue;
      const value = line.slice(at + 1).replace(/^ /, "");
      const name = line.slice(0, at);
      if (name === "event") event.kind = value;
      else if (name === "id") event.id = value;
      else if (name === "data") event.data += value;
    }
    if (!event.data) return;
    // After a break the server begins a little before the last event that we have.
    event.isKnown = Boolean(event.id && lastId && Number(event.id) <= Number(lastId));
    if (event.id && !event.isKnown) lastId = event.id;
    try {
      onEvent({ ...event, data: JSON.parse(event.data) });
    } catch (error) {
      console.error("an event of the stream cannot be read", error);
    }
  }

  // A line that is dead without having been closed: nothing comes, not even a comment.
  function hush(stop) {
    window.clearTimeout(silence);
    silence = window.setTimeout(() => stop.abort(), SILENCE_MS);
  }

  function later() {
    failures += 1;
    onStatus(failures > 3 || !navigator.onLine ? "offline" : "reconnecting");
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
    timer = window.setTimeout(connect, longest / 2 + (Math.random() * longest) / 2);
  }

  // Too many consoles: the list instead, and the stream again from time to time.
  function pollFor(answer) {
    if (Date.now() >= streamAt) streamAt = Date.now() + TRY_STREAM_MS;
    const pause = Math.max(POLL_MS, 1000 * Number(answer.headers.get("Retry-After") || 0));
    timer = window.setTimeout(ask, Math.random() * 1000);

    async function ask() {
      if (Date.now() >= streamAt) return connect();
      try {
        const list = await fetch(poll, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (list.redirected || list.status === 401) return onStatus("session");
        if (!list.ok) throw new Error(String(list.status));
        onEvent({ kind: "snapshot", id: null, data: { ...(await list.json()), isPolled: true } });
        onStatus("polling");
      } catch {
        return later();
      }
      timer = window.setTimeout(ask, pause * (0.9 + Math.random() * 0.2));
    }
  }

  function again() {
    failures = 0;
    if (reader) return reader.abort();
    connect();
  }

  window.addEventListener("online", () => {
    if (!reader) window.setTimeout(again, Math.random() * 1000);
  });
  window.addEventListener("offline", () => (reader ? reader.abort() : onStatus("offline")));
  connect();
  return { again };
}
