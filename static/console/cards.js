// The stack of cards, newest first. Only the newest version of a call counts; what this person has
// closed stays closed in all tabs; a call that is news is told once.
import { isOver, keyOf, makeCard, answeredBy, whoOf } from "./card.js";
import { keepNote } from "./notes.js";
import { ask, send } from "./send.js";
import { length, word } from "./words.js";

const WITHDRAWN_MS = 8000;
const MOST_OVER = 5; // the list of the day has the others
const KEPT_KEY = "console-closed";
const KEPT = 60;
const WISH_MS = 1000;
const WISH_TRIES = 60;
const LOOKS_AFTER = 6;

export function makeStack(options) {
  const stack = document.getElementById("cards");
  const template = document.getElementById("call-card");
  const alert = document.getElementById("call-alert");
  const status = document.getElementById("call-status");
  const cards = new Map();
  const versions = new Map();
  const told = new Set();

  function take(data, { isKnown = false } = {}) {
    const key = keyOf(data);
    if ((versions.get(key) ?? -1) >= data.version) return;
    versions.set(key, data.version);
    const before = cards.get(key);
    const was = before && before.data;
    if (!before && (isClosed(key) || data.state === "withdrawn" || !isWorthShowing(data, isKnown))) return;
    const card = before || open(key, data);
    card.show(data);
    place();
    speak(key, was, data);
    if (data.state === "withdrawn") window.setTimeout(() => isStill(key, data) && remove(key), WITHDRAWN_MS);
    if (was && !isOver(was) && isOver(data)) whenOver(card);
    else if (!was) options.onNew();
  }

  // The rules may have made the client meanwhile: his card then leads to him.
  function whenOver(card) {
    const { data, address } = card;
    options.onOver();
    if (address && data.crm_state === "unknown" && data.rules_create) watch(card, address, { state: "none", text: "" }, LOOKS_AFTER);
  }

  // After a break calls may be told that ended long ago: the list of the day has them.
  function isWorthShowing(data, isKnown) {
    return !isOver(data) || !isKnown && Date.now() - options.skew() - data.ended_at < 60_000;
  }

  function isStill(key, data) {
    return cards.has(key) && cards.get(key).data.version === data.version;
  }

  function open(key, data) {
    const card = makeCard(template, options);
    cards.set(key, card);
    card.act("close").addEventListener("click", () => close(key));
    card.act("copy").addEventListener("click", () => copy(card));
    card.act("call").addEventListener("click", () => options.onCall(card.data));
    if (data.isExample) return card;
    const address = `/integrations/${data.integration}/console/calls/${encodeURIComponent(data.call)}`;
    card.address = address;
    card.act("client").addEventListener("click", () => wish(card, address));
    const note = keepNote(card, `${address}/note`);
    if (!data.announce) recall(card, note, address);
    return card;
  }

  // A card that is here again after a reload has its note and its wish again.
  async function recall(card, note, address) {
    const stored = await ask(address);
    if (!stored) return;
    note.fill(stored.note);
    if (stored.client.state !== "none" && !card.data.client) watch(card, address, stored.client);
  }

  function place() {
    const order = [...cards.values()].sort((a, b) => (b.data.rang_at || b.data.started_at) - (a.data.rang_at || a.data.started_at));
    // Moving a card takes the focus out of it: only what stands elsewhere is moved.
    order.forEach((card, at) => {
      if (stack.children[at] !== card.node) stack.insertBefore(card.node, stack.children[at] || null);
    });
    document.getElementById("quiet").hidden = cards.size > 0;
    order.filter((card) => isOver(card.data)).slice(MOST_OVER).forEach((card) => remove(keyOf(card.data)));
  }

  // --- What is said, once ------------------------------------------------------------------------

  function speak(key, was, data) {
    const who = whoOf(data) || word("unknown");
    if (data.state === "ringing" && data.announce && !told.has(key)) {
      told.add(key);
      if (options.isQuiet(data)) return;
      alert.textContent = word("call-from", { who });
      options.onNews(data, who);
    } else if (was && was.state !== data.state && told.has(key)) {
      if (data.state === "lost") status.textContent = word("ended-lost", { who });
      else if (data.state === "ended") status.textContent = word("ended-after", { who, time: length(data.ended_at - (was.talking_since || data.started_at)) });
      else if (data.state === "withdrawn") status.textContent = word("taken", { who, name: answeredBy(data) || word("answered-elsewhere") });
    }
    if (data.state !== "ringing") options.onAnswered(data);
  }

  // --- Closing -----------------------------------------------------------------------------------

  function close(key) {
    const card = cards.get(key);
    if (!card) return;
    const next = card.node.nextElementSibling || card.node.previousElementSibling;
    const hadFocus = card.node.contains(document.activeElement);
    rememberClosed(key);
    options.onClose(key);
    remove(key);
    if (hadFocus) (next ? next.querySelector('[data-act="close"]') : document.getElementById("content")).focus();
  }

  function remove(key) {
    const card = cards.get(key);
    if (!card) return;
    if (card.node.contains(document.activeElement) && document.activeElement.matches("textarea")) return; // somebody writes
    card.node.remove();
    cards.delete(key);
    options.onAnswered(card.data);
    place();
  }

  function closedKeys() {
    try {
      return JSON.parse(localStorage.getItem(KEPT_KEY)) || [];
    } catch {
      return [];
    }
  }

  function isClosed(key) {
    return closedKeys().includes(key);
  }

  function rememberClosed(key) {
    try {
      localStorage.setItem(KEPT_KEY, JSON.stringify([key, ...closedKeys()].slice(0, KEPT)));
    } catch {
      // a browser that keeps nothing closes the card in this tab only
    }
  }

  // --- What the buttons do -----------------------------------------------------------------------

  async function copy(card) {
    const label = card.act("copy").querySelector("span");
    try {
      await navigator.clipboard.writeText(card.data.phone);
    } catch {
      return;
    }
    label.textContent = word("copied");
    status.textContent = word("copied");
    window.setTimeout(() => (label.textContent = word("copy")), 2000);
  }

  async function wish(card, address) {
    card.wish({ state: "asked", text: word("creating") });
    const answer = await send(`${address}/client`, {});
    if (answer.ok) return watch(card, address, answer.body);
    card.wish({ state: "none", text: word(answer.status ? "refused" : "not-saved") });
  }

  // Asks until there is an answer; without a wish (`none`) only a few times.
  async function watch(card, address, first, times = WISH_TRIES) {
    let stands = first;
    for (let tries = 0; tries < times && cards.has(keyOf(card.data)); tries += 1) {
      card.wish(stands);
      if (!["asked", "late", "none"].includes(stands.state)) break;
      await new Promise((go) => window.setTimeout(go, WISH_MS * (1 + tries / 4)));
      const stored = await ask(address);
      if (stored) stands = stored.client;
    }
    if (stands.state === "made") options.onOver();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.target.closest("input, textarea, select, dialog, details")) return;
    const first = [...cards.entries()].find(([, card]) => card.node === stack.firstElementChild);
    const inside = [...cards.entries()].find(([, card]) => card.node.contains(event.target));
    if (inside || first) close((inside || first)[0]);
  });
  window.setInterval(() => cards.forEach((card) => card.tick()), 1000);

  return {
    take,
    // All calls that go on: what is not among them has ended while we were away.
    replace: (list) => {
      const open = new Set(list.map(keyOf));
      list.forEach(take);
      [...cards].forEach(([key, card]) => {
        if (!open.has(key) && !isOver(card.data) && !card.data.isExample) remove(key);
      });
    },
    all: () => [...cards.values()].map((card) => card.data).filter((data) => !data.isExample),
    closeElsewhere: (key) => remove(key),
  };
}
