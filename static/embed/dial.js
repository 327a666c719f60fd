// One-click calls: links with a number and elements that are marked. A press is one request with
// one id; nothing is ever asked twice by itself.
const GUARD_MS = 4000;
const lastPress = { number: "", at: 0 };
let dialCard = null;

function numberIn(target) {
  const element = target.closest && target.closest('a[href^="tel:"], [data-call]');
  if (!element) return "";
  const text = element.dataset.call || (element.getAttribute("href") || "").slice(4) || element.textContent;
  try {
    return decodeURIComponent(text).split(";")[0].trim();
  } catch {
    return text.trim();
  }
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const number = numberIn(event.target);
  if (!number || !store.read()) return;
  event.preventDefault();
  dial(number);
});
document.addEventListener("keydown", (event) => {
  const isMarked = event.target.matches && event.target.matches("[data-call]:not(a, button)");
  if (!isMarked || (event.key !== "Enter" && event.key !== " ") || !store.read()) return;
  event.preventDefault();
  dial(numberIn(event.target));
});

// What is marked can be reached by keyboard, also what the page adds later.
function mark(tree) {
  const found = tree.querySelectorAll ? [...tree.querySelectorAll("[data-call]:not(a, button)")] : [];
  found.forEach((element) => {
    if (!element.hasAttribute("tabindex")) element.tabIndex = 0;
    if (!element.hasAttribute("role")) element.setAttribute("role", "button");
  });
}

async function dial(number) {
  const now = Date.now();
  if (lastPress.number === number && now - lastPress.at < GUARD_MS) return;
  Object.assign(lastPress, { number, at: now });
  const request = crypto.randomUUID ? crypto.randomUUID() : `${now}-${Math.random().toString(36).slice(2)}`;
  showDial({ number, request, text: words.calling_you });
  try {
    const body = JSON.stringify({ request_id: request, phone: number });
    const answer = await ask("/calls", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const told = await answer.json();
    if (!dialCard || dialCard.request !== request) return;
    dialCard.id = told.id;
    if (!dialCard.isFollowed) showDial({ ...dialCard, text: told.text, isOver: told.is_over });
  } catch {
    showDial({ number, request, text: words.dial_unclear, isOver: true });
  }
}

function takeDial(data) {
  if (!dialCard || !String(data.request_id).endsWith(dialCard.request)) return;
  ask(`/calls/${data.id}`)
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((told) => told && showDial({ ...dialCard, isFollowed: true, text: told.text, isOver: told.is_over }))
    .catch(() => {});
}

function showDial(state) {
  const element = dialCard ? dialCard.element : make("article", "card dial");
  dialCard = { ...state, element };
  const close = press("×", "close", () => {
    element.remove();
    dialCard = null;
  });
  close.setAttribute("aria-label", words.close);
  const head = make("div", "head");
  const text = make("b", "state", state.text);
  text.setAttribute("role", "status");
  head.append(text, close);
  element.replaceChildren(head, make("p", "number", state.number));
  if (!element.isConnected) cardBox.prepend(element);
}
