// One card: cloned from the page's template and filled with text only, never with markup.
import { length, moment, word } from "./words.js";

const SLOW_MS = 3000;
const OVER = ["ended", "lost", "withdrawn"];

export function isOver(data) {
  return OVER.includes(data.state);
}

export function keyOf(data) {
  return `${data.integration}:${data.call}`;
}

export function nameOf(data) {
  if (data.is_hidden) return word("hidden");
  if (data.client) return data.client.name || word("nameless");
  return word("unknown");
}

// As a screen reader and a notification say it: name and number, or what there is of them.
export function whoOf(data) {
  const name = data.client && data.client.name;
  return [name || (data.is_hidden ? word("hidden") : ""), data.phone_shown].filter(Boolean).join(", ");
}

export function answeredBy(data) {
  const other = data.others.find((each) => each.state === "talking") || data.others.find((each) => each.has_talked);
  return other ? other.name || "" : null;
}

export function makeCard(template, options) {
  const node = template.content.firstElementChild.cloneNode(true);
  const slot = (name) => node.querySelector(`[data-slot="${name}"]`);
  const act = (name) => node.querySelector(`[data-act="${name}"]`);
  const madeAt = Date.now();
  let data = null;
  let wish = null;

  function show(next) {
    data = next;
    node.dataset.state = data.state;
    const title = `card-${data.integration}-${data.call}`;
    slot("name").id = title;
    node.setAttribute("aria-labelledby", title);
    slot("state").textContent = stateText();
    slot("name").textContent = nameOf(data);
    slot("phone").textContent = data.phone_shown || "–";
    showFacts();
    showActions();
    tick();
  }

  function stateText() {
    if (data.state !== "withdrawn") return word(data.state);
    const name = answeredBy(data);
    if (name === null) return word("passed-on");
    return name ? word("answered-by", { name }) : word("answered-elsewhere");
  }

  function showFacts() {
    const client = data.client || {};
    const isAsking = data.crm_state === "asking" && !data.client;
    fact("responsible", client.responsible, isAsking);
    fact("deal", dealText(client), isAsking);
    fact("source", sourceText(), false);
    fact("last", lastText(), false);
    slot("crm").textContent = crmText();
    slot("crm").dataset.tone = data.crm_state === "away" || isSlow() ? "warn" : "";
  }

  function fact(name, text, isAsking) {
    const place = slot(name);
    place.classList.toggle("waits", isAsking);
    place.textContent = isAsking ? "" : text || word("none");
    place.title = isAsking ? "" : text || "";
  }

  function dealText(client) {
    const items = [...(client.open_deals || []), ...(client.open_leads || [])];
    if (!items.length) return "";
    const first = [items[0].pipeline, items[0].stage].filter(Boolean).join(" · ") || items[0].id;
    return items.length > 1 ? `${first} (+${items.length - 1})` : first;
  }

  function sourceText() {
    const { campaign, scenario } = data.source || {};
    const parts = [campaign || scenario, data.line_name || data.line_shown].filter(Boolean);
    return [...new Set(parts)].join(" · ");
  }

  function lastText() {
    const last = (data.last_calls || [])[0];
    if (!last) return "";
    const outcome = last.outcome === "lost" ? word("missed") : last.outcome && word(last.outcome);
    return [moment(last.at, options), outcome, last.employee].filter(Boolean).join(" · ");
  }

  function isSlow() {
    return data.crm_state === "asking" && !data.client && Date.now() - madeAt > SLOW_MS;
  }

  function crmText() {
    if (wish && wish.text && !data.client) return wish.text;
    if (data.is_hidden) return "";
    if (data.crm_state === "away" || isSlow()) return word("away");
    if (data.crm_state === "asking") return data.client ? "" : word("asking");
    if (data.crm_state !== "unknown") return "";
    return word(data.rules_create ? "by-rule" : "no-client");
  }

  function showActions() {
    const made = wish && wish.state === "made" ? wish : null;
    const url = (made && made.url) || (data.client && data.client.url);
    const isUnknown = !data.client && !made && !data.is_hidden;
    act("open").hidden = isUnknown && !url;
    if (url) act("open").href = url;
    else act("open").removeAttribute("href");
    act("client").hidden = !act("open").hidden;
    const isAsked = wish && ["asked", "late", "made"].includes(wish.state);
    act("client").disabled = data.crm_state !== "unknown" || data.rules_create || data.is_hidden || Boolean(isAsked);
    if (made && made.name) slot("name").textContent = made.name;
    act("copy").disabled = !data.phone;
    act("call").disabled = !data.phone || !isOver(data) || !options.canCall;
  }

  // Every second: the clock, and whether Behomes is late.
  function tick(now = Date.now() - options.skew()) {
    const since = data.state === "talking" ? data.talking_since : data.rang_at || data.started_at;
    const until = isOver(data) ? data.ended_at || now : now;
    const began = isOver(data) ? data.talking_since || data.started_at : since;
    const isTimed = data.state !== "withdrawn" && began !== null;
    slot("clock").textContent = isTimed ? length(until - began) : "";
    if (isSlow()) showFacts();
  }

  return {
    node,
    show,
    tick,
    slot,
    act,
    wish: (next) => {
      wish = next;
      showFacts();
      showActions();
    },
    get data() {
      return data;
    },
  };
}
