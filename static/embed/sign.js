// Signing in: a window of the server asks the person and hands this page its key.
let asked = null;

function signIn() {
  const state = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const query = new URLSearchParams({ origin: location.origin, state });
  const opened = window.open(`${api}/login?${query}`, "callgear-behomes", "popup,width=460,height=640");
  asked = opened ? { state, opened } : null;
  if (!opened) alerts.textContent = words.popup_blocked;
}

window.addEventListener("message", (event) => {
  if (event.origin !== new URL(base).origin || !asked || event.source !== asked.opened) return;
  const { kind, token, state } = event.data || {};
  if (kind !== "callgear-behomes" || state !== asked.state || typeof token !== "string") return;
  asked = null;
  store.write(token);
  share({ signed: "in" });
});

function signedOut() {
  if (!store.read()) return;
  store.write("");
  share({ signed: "out" });
}

async function signOut() {
  try {
    await ask("/key", { method: "DELETE" });
  } catch {
    // Without a connection the key is forgotten here; it can still be ended in the account.
  }
  signedOut();
}

function start() {
  document.body.append(host);
  mark(document);
  new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach((node) => mark(node.parentNode || node)))).observe(
    document.body,
    { childList: true, subtree: true },
  );
  if (store.read()) begin();
  else showBar();
}
if (document.body) start();
else document.addEventListener("DOMContentLoaded", start);
