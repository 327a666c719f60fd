// Call cards: one for each call, newest on top; of two versions of one the larger counts.
const cards = new Map();
const SHOWN_AFTER_END_MS = 60_000;
const GONE = new Set(["withdrawn"]);
const STATES = { ringing: words.ringing, talking: words.talking, ended: words.ended, lost: words.lost };

function takeCard(data) {
  const known = cards.get(data.call);
  if (known && known.data.version >= data.version) return;
  const card = known || { element: make("article", "card"), isClosed: false };
  card.data = data;
  cards.set(data.call, card);
  if (GONE.has(data.state)) return dropCard(data.call);
  if (card.isClosed) return;
  drawCard(card);
  if (!card.element.isConnected) cardBox.prepend(card.element);
  if (data.announce) announce(data.call, fill(words.rings, { who: nameOf(data), number: numberOf(data) }));
  if (data.state === "ended" || data.state === "lost") window.setTimeout(() => dropCard(data.call), SHOWN_AFTER_END_MS);
}

// The data stays known, so that an older version that comes late does not bring the card back.
function dropCard(call) {
  const card = cards.get(call);
  if (!card) return;
  card.isClosed = true;
  card.element.remove();
}

function nameOf(data) {
  if (data.is_hidden) return words.hidden;
  return (data.client && data.client.name) || words.unknown;
}

function numberOf(data) {
  return data.is_hidden ? "" : data.phone_shown || data.phone;
}

function drawCard({ element, data }) {
  element.className = `card ${data.state}`;
  const head = make("div", "head");
  const clock = make("span", "clock");
  clock.setAttribute("aria-hidden", "true");
  if (data.talking_since) clock.dataset.since = data.talking_since;
  const close = press("×", "close", () => share({ close: data.call }));
  close.setAttribute("aria-label", words.close);
  head.append(make("b", "state", STATES[data.state] || data.state), clock, close);
  element.replaceChildren(head, make("p", "name", nameOf(data)), make("p", "number", numberOf(data)), facts(data), buttons(data));
  tick();
}

function facts(data) {
  const list = make("dl", "facts");
  const add = (term, text) => {
    if (text) list.append(make("dt", "", term), make("dd", "", text));
  };
  const client = data.client || {};
  if (data.crm_state === "asking") list.append(make("dt", "waits", words.asking));
  if (data.crm_state === "away") list.append(make("dt", "waits", words.away));
  add(words.responsible, client.responsible);
  add(words.deal, [...(client.open_deals || []), ...(client.open_leads || [])].map((item) => item.name || item.stage).find(Boolean));
  add(words.line, data.line_name || data.line_shown);
  add(words.campaign, (data.source || {}).campaign);
  return list;
}

function buttons(data) {
  const row = make("div", "buttons");
  if (data.client && data.client.url) {
    const link = make("a", "main", words.open);
    Object.assign(link, { href: data.client.url, rel: "noopener" });
    row.append(link);
  }
  const isOver = data.state === "ended" || data.state === "lost";
  if (isOver && data.phone) row.append(press(words.call_back, "quiet", () => dial(data.phone)));
  return row;
}

function tick() {
  root.querySelectorAll("[data-since]").forEach((clock) => {
    const seconds = Math.max(0, Math.floor((Date.now() - Number(clock.dataset.since)) / 1000));
    clock.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  });
}
window.setInterval(tick, 1000);

root.addEventListener("keydown", (event) => {
  const card = event.key === "Escape" && event.target.closest("article.card");
  if (!card) return;
  const found = [...cards.values()].find((each) => each.element === card);
  if (found) share({ close: found.data.call });
});
