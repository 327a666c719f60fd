// The console: one stream for all tabs, cards of calls, sound, calls by a click. Without it the
// page is a list with "Refresh".
import { makeAlerts } from "./console/alerts.js";
import { keyOf } from "./console/card.js";
import { makeStack } from "./console/cards.js";
import { makeDial } from "./console/dial.js";
import { makeReady } from "./console/ready.js";
import { share } from "./console/share.js";
import { word } from "./console/words.js";

const box = document.getElementById("console");
const presence = document.getElementById("presence");
const quiet = new Map(); // integration -> do not disturb
let skew = 0;

const alerts = makeAlerts();
const dial = makeDial();

const stack = makeStack({
  locale: box.dataset.locale,
  zone: box.dataset.zone,
  canCall: Boolean(dial),
  skew: () => skew,
  isQuiet: (data) => quiet.get(String(data.integration)) === true,
  onNews: (data, who) => alerts.announce(keyOf(data), who),
  onAnswered: (data) => alerts.hush(keyOf(data)),
  onCall: (data) => dial && dial.call(data.phone, data.integration),
  onClose: (key) => stream.say({ closed: key }),
  onNew: () => refreshSoon(),
  onOver: () => refreshSoon(),
});

const stream = share({
  address: box.dataset.stream,
  poll: box.dataset.cards,
  // For a tab that has just been opened: nothing of it is news.
  snapshot: () => ({
    now: Date.now() - skew,
    cards: stack.all().map((data) => ({ ...data, announce: false })),
    do_not_disturb: Object.fromEntries(quiet),
  }),
});

stream.on("event", ({ kind, data, isKnown }) => {
  if (kind === "snapshot") takeSnapshot(data);
  else if (kind === "card") stack.take(data, { isKnown });
  else if (kind === "dial" && dial) dial.take(data);
  else if (kind === "presence") setQuiet({ [data.integration]: data.do_not_disturb });
  else if (kind === "callbacks") showCallbacks(data);
});
stream.on("status", showStatus);
stream.on("said", (what) => {
  if (what.closed) stack.closeElsewhere(what.closed);
});

function takeSnapshot(data) {
  if (data.now) skew = Date.now() - data.now;
  if (data.do_not_disturb) setQuiet(data.do_not_disturb);
  stack.replace(data.cards);
  refreshSoon();
}

// How many wait to be called back: the number in the navigation, of the office that it leads to.
function showCallbacks(data) {
  const count = document.getElementById("nav-count-callbacks");
  if (!count || String(data.integration) !== box.dataset.integration) return;
  count.textContent = data.open;
  count.classList.toggle("nav-count-none", !data.open);
}

function setQuiet(told) {
  Object.entries(told).forEach(([integration, is]) => quiet.set(String(integration), is));
  const control = document.getElementById("do-not-disturb");
  if (control) control.checked = [...quiet.values()].some(Boolean);
}

// --- Presence -----------------------------------------------------------------------------------

function showStatus(status) {
  if (presence.dataset.state === status) return;
  presence.dataset.state = status;
  document.getElementById("presence-text").textContent = word(status);
  if (status === "session") askToLogIn();
}

// Any request of htmx that is refused opens the login dialog of every page.
function askToLogIn() {
  if (window.htmx) window.htmx.trigger(document.body, "console-refresh");
}

document.addEventListener("session-restored", () => stream.again());

// A hidden tab asks for nothing; it catches up when it is looked at.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (presence.dataset.state === "session") askToLogIn();
  else refreshSoon();
});

// --- The list of the day ------------------------------------------------------------------------

let refreshing = null;

function refreshSoon() {
  if (refreshing) return;
  refreshing = window.setTimeout(() => {
    refreshing = null;
    if (window.htmx) window.htmx.trigger(document.body, "console-refresh");
  }, 1500 + Math.random() * 1000);
}

// --- What can be pressed ------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-dial]");
  if (!link || !dial) return;
  event.preventDefault();
  dial.call(link.dataset.dial, link.dataset.office);
});

function showExample() {
  const now = Date.now() - skew;
  stack.take({
    isExample: true,
    call: `example-${now}`,
    integration: 0,
    version: 1,
    state: "ringing",
    rang_at: now,
    started_at: now,
    talking_since: null,
    ended_at: null,
    announce: true,
    phone: "+971501234567",
    phone_shown: "+971 50 123 4567",
    is_hidden: false,
    crm_state: "known",
    client: { name: word("example-name"), responsible: word("example-responsible"), open_deals: [{ id: "", stage: word("example-deal") }] },
    source: { campaign: word("example-source") },
    last_calls: [{ at: now - 86_400_000, outcome: "answered", employee: word("example-responsible") }],
    others: [],
  });
}

document.getElementById("now").hidden = false;
document.getElementById("refresh").hidden = true;
makeReady(alerts, showExample);
showStatus("connecting");
stream.start();
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(box.dataset.worker, { scope: "/console" }).catch(() => {});
}
