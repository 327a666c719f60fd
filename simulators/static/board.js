"use strict";
// The board of the simulated CRM: asks for the cards every second and shows them as text.
// Cards that did not change keep their element, so focus and selection stay where they are.

const POLL_MS = 1200;
const NEW_MS = 3000;
const shown = new Map();
let version = "";
let reached = true;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function linkTo(id, text) {
  const link = element("a", "", text);
  link.href = "#" + encodeURIComponent(id);
  return link;
}

function factRows(facts) {
  const list = element("dl", "facts");
  for (const fact of facts) {
    const value = element("dd");
    value.append(fact.to ? linkTo(fact.to, fact.text) : fact.text);
    const row = element("div");
    row.append(element("dt", "", fact.label), value);
    list.append(row);
  }
  return list;
}

function recordingLink(recording) {
  const link = element("a", "recording", recording.text);
  link.href = recording.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function makeCard(card) {
  const made = element("article", "card");
  made.id = card.id;
  made.tabIndex = -1;
  const badges = element("p", "badges");
  for (const badge of card.badges) badges.append(element("span", "badge " + badge.tone, badge.text));
  made.append(badges, element("h3", "", card.title), element("p", "made", card.made));
  made.append(factRows(card.facts));
  for (const recording of card.recordings || []) {
    if (/^https?:\/\//.test(recording.url)) made.append(recordingLink(recording));
  }
  return made;
}

function highlight(made, age) {
  if (age >= NEW_MS) return;
  made.classList.add("is-new");
  const mark = element("span", "badge new", document.body.dataset.new);
  made.querySelector(".badges").prepend(mark);
  setTimeout(() => {
    made.classList.remove("is-new");
    mark.remove();
  }, NEW_MS - age);
}

function cardElement(card) {
  const { age_ms: age, ...rest } = card;
  const sign = JSON.stringify(rest);
  const before = shown.get(card.id);
  if (before && before.sign === sign) return before.made;
  const made = makeCard(card);
  highlight(made, age);
  shown.set(card.id, { sign, made });
  return made;
}

function showColumn(column) {
  const section = document.querySelector(`[data-column="${column.name}"]`);
  const holder = section.querySelector(".cards");
  const wanted = column.cards.map(cardElement);
  for (const old of [...holder.children]) {
    if (wanted.includes(old)) continue;
    old.remove();
    if (!column.cards.some((card) => card.id === old.id)) shown.delete(old.id);
  }
  wanted.forEach((made, index) => {
    if (holder.children[index] !== made) holder.insertBefore(made, holder.children[index] || null);
  });
  section.querySelector(".empty").hidden = column.total > 0;
  const more = section.querySelector(".more");
  more.textContent = column.more;
  more.hidden = !column.more;
  for (const count of document.querySelectorAll(`[data-count="${column.name}"]`)) {
    count.textContent = column.total;
  }
}

function showRinging(ringing) {
  const strip = document.getElementById("ringing");
  const text = ringing ? ringing.state + ": " + ringing.text : "";
  if (strip.textContent === text) return;
  strip.textContent = text;
  strip.hidden = !text;
  strip.className = "ringing " + (ringing ? ringing.tone : "");
}

function showState(isReached) {
  if (reached === isReached) return;
  reached = isReached;
  const state = document.getElementById("state");
  state.textContent = isReached ? document.body.dataset.live : document.body.dataset.lost;
  state.classList.toggle("lost", !isReached);
}

async function poll() {
  try {
    const address = document.body.dataset.source + "&version=" + encodeURIComponent(version);
    const answer = await fetch(address, { cache: "no-store" });
    const data = await answer.json();
    version = data.version;
    showRinging(data.ringing);
    (data.columns || []).forEach(showColumn);
    showState(true);
  } catch {
    showState(false);
  }
  setTimeout(poll, POLL_MS);
}

function openTab(name) {
  for (const section of document.querySelectorAll("[data-column]")) {
    section.classList.toggle("is-open", section.dataset.column === name);
  }
  for (const tab of document.querySelectorAll("[data-tab]")) {
    if (tab.dataset.tab === name) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}

function followHash() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const section = target && target.closest("[data-column]");
  if (!section) return;
  openTab(section.dataset.column);
  if (!target.classList.contains("card")) return;
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (!tab) return;
  event.preventDefault();
  openTab(tab.dataset.tab);
});
window.addEventListener("hashchange", followHash);
openTab("clients");
poll().then(followHash);
