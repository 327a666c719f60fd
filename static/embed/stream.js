// One stream for all pages of this origin: the page that holds the lock reads it and tells the
// others. Reconnecting goes on where it was cut off, ever later while the server is away.
const RETRY_MS = [500, 1000, 2000, 5000, 10000, 20000];
const channel = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : null;
let lastId = "";
let stopReading = null;
let isLeader = false;

function share(message) {
  hear(message);
  if (channel) channel.postMessage(message);
}

function hear(message) {
  if (message.card) takeCard(message.card);
  if (message.dial) takeDial(message.dial);
  if (message.close) dropCard(message.close);
  if ("isOn" in message) showPresence(message.isOn);
  if (message.signed) message.signed === "in" ? begin() : end();
  if (message.isNew && isLeader) {
    const open = [...cards.values()].filter((card) => !card.isClosed).map((card) => ({ ...card.data, announce: false }));
    open.forEach((card) => channel.postMessage({ card }));
    channel.postMessage({ isOn: presence.classList.contains("on") });
  }
}
if (channel) channel.onmessage = (event) => hear(event.data);

function begin() {
  showBar();
  showPresence(false);
  if (stopReading) return;
  const stop = new AbortController();
  stopReading = stop;
  if (channel) channel.postMessage({ isNew: true });
  const lead = () => {
    isLeader = true;
    return readForever(stop).finally(() => (isLeader = false));
  };
  if (navigator.locks && channel) navigator.locks.request(NAME, { signal: stop.signal }, lead).catch(() => {});
  else lead();
}

function end() {
  if (stopReading) stopReading.abort();
  stopReading = null;
  [...cards.keys()].forEach(dropCard);
  showBar();
}

async function readForever(stop) {
  let failures = 0;
  while (!stop.signal.aborted && store.read()) {
    try {
      const answer = await ask(`/stream?last=${encodeURIComponent(lastId)}`, { signal: stop.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      share({ isOn: true });
      failures = 0;
      await readEvents(answer.body);
    } catch {
      failures += 1;
    }
    if (stop.signal.aborted || !store.read()) return;
    share({ isOn: false });
    const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
    await new Promise((done) => window.setTimeout(done, wait * (0.75 + Math.random() / 2)));
  }
}

async function readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    blocks.forEach(takeBlock);
  }
}

function takeBlock(block) {
  const event = { name: "message", data: [] };
  for (const line of block.split("\n")) {
    const [, field, text] = /^(\w+): ?(.*)$/.exec(line) || [];
    if (field === "id") event.id = text;
    if (field === "event") event.name = text;
    if (field === "data") event.data.push(text);
  }
  if (!event.data.length) return;
  const data = JSON.parse(event.data.join("\n"));
  if (event.name === "snapshot") (data.cards || []).forEach((card) => share({ card }));
  if (event.name === "card") share({ card: data });
  if (event.name === "dial") share({ dial: data });
  if (event.id) lastId = event.id;
}
