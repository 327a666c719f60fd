// What stands on the page: a dock in a shadow of its own, so that neither side's styles reach the
// other. Everything that came from outside is set as text.
const host = document.createElement("callgear-behomes-calls");
const root = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
root.adoptedStyleSheets = [sheet];

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

function press(label, className, act) {
  const button = make("button", className, label);
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}

const dock = make("section", "dock");
dock.setAttribute("aria-label", words.calls);
const cardBox = make("div", "cards");
const bar = make("div", "bar");
const alerts = make("p", "unseen");
alerts.setAttribute("role", "alert");
const presence = make("span", "presence");
presence.setAttribute("role", "status");
dock.append(cardBox, bar, alerts);
root.append(dock);

function showBar() {
  if (!store.read()) {
    bar.replaceChildren(press(words.sign_in, "main", signIn));
    return;
  }
  bar.replaceChildren(presence, press(words.sign_out, "quiet", signOut));
}

function showPresence(isOn) {
  const text = isOn ? words.online : words.reconnecting;
  presence.className = isOn ? "presence on" : "presence";
  if (presence.textContent !== text) presence.textContent = text;
}

// Said once for each call, and only by the page that is looked at.
const announced = new Set();
function announce(call, text) {
  if (announced.has(call) || document.visibilityState !== "visible") return;
  announced.add(call);
  alerts.textContent = text;
}
