// The small script of every page. Without it everything still works: links are links, forms are
// forms. It loads htmx (from the CDN with integrity, else our own copy, never both), gives htmx
// the CSRF token, and adds the little conveniences marked with data attributes.
(function () {
  "use strict";

  const own = document.currentScript.dataset;
  const CDN_PATIENCE_MS = 1500;
  const POLL_RETRY_NOTE_AFTER = 2;
  const NEWS_MS = 7000;

  // --- htmx -----------------------------------------------------------------------------------

  // htmx that arrives between DOMContentLoaded and load would wait for an event that is over.
  function whenLoaded(act) {
    if (document.readyState === "complete") act();
    else window.addEventListener("load", act, { once: true });
  }

  function run(source, integrity, onerror) {
    const script = document.createElement("script");
    script.src = source;
    if (integrity) {
      script.integrity = integrity;
      script.crossOrigin = "anonymous";
    }
    if (onerror) script.onerror = onerror;
    document.head.append(script);
  }

  function loadHtmx() {
    let decided = false;
    const once = (act) => () => {
      if (decided) return;
      decided = true;
      whenLoaded(act);
    };
    const useLocal = once(() => run(own.htmxLocal));
    if (!own.htmxCdn) return useLocal();

    const preload = document.createElement("link");
    Object.assign(preload, {
      rel: "preload",
      as: "script",
      href: own.htmxCdn,
      integrity: own.htmxIntegrity,
      crossOrigin: "anonymous",
    });
    preload.onload = once(() => run(own.htmxCdn, own.htmxIntegrity, () => run(own.htmxLocal)));
    preload.onerror = useLocal;
    window.setTimeout(() => {
      if (!decided) preload.remove();
      useLocal();
    }, CDN_PATIENCE_MS);
    document.head.append(preload);
  }

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token.content;
    // What a person presses inside a part that refreshes itself is no refresh.
    if (!event.detail.elt.hasAttribute("hx-headers")) delete event.detail.headers["X-Poll"];
  });

  // A hidden tab does not ask; it catches up when it is looked at.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const isPoll = event.detail.requestConfig.headers["X-Poll"];
    if (isPoll && document.hidden) event.preventDefault();
  });

  // --- What went wrong while talking to the server ----------------------------------------------

  let failures = 0;
  let note = null;

  function failed(event) {
    const isPoll = event.detail.requestConfig && event.detail.requestConfig.headers["X-Poll"];
    if (isSessionOver(event.detail.xhr)) return askToLogIn(isPoll);
    if (event.detail.target && event.detail.target.id === "login-again") return openSessionDialog();
    failures += 1;
    if (note || (isPoll && failures < POLL_RETRY_NOTE_AFTER)) return;
    const template = document.getElementById("connection-lost");
    note = template.content.firstElementChild.cloneNode(true);
    document.getElementById("toasts").append(note);
    prepare(note);
  }

  // --- A session that is over: log in without leaving the page ----------------------------------

  let isDismissed = false;
  let isAsking = false;

  function isSessionOver(xhr) {
    return xhr && (xhr.status === 401 || xhr.getResponseHeader("X-Form-Token") === "refused");
  }

  // Another tab may have logged in meanwhile: then the answer is "session-restored" at once and no
  // dialog is shown. Who has closed the dialog is not asked again by a page that refreshes itself.
  async function askToLogIn(isPoll) {
    const dialog = document.getElementById("session-over");
    const box = document.getElementById("login-again");
    if (!dialog || dialog.open || isAsking || (isPoll && isDismissed)) return;
    const values = { email: box.dataset.email };
    isAsking = true;
    try {
      await window.htmx.ajax("GET", box.dataset.address, { target: box, swap: "innerHTML", values });
    } finally {
      isAsking = false;
    }
  }

  function openSessionDialog() {
    const dialog = document.getElementById("session-over");
    if (dialog.open) return;
    dialog.addEventListener("cancel", () => (isDismissed = true), { once: true });
    dialog.showModal();
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "login-again") openSessionDialog();
  });

  document.addEventListener("session-restored", (event) => {
    const token = event.detail.token;
    document.querySelector('meta[name="csrf-token"]').content = token;
    document.querySelectorAll('input[name="csrf_token"]').forEach((input) => (input.value = token));
    document.querySelectorAll("#login-again form").forEach((form) => form.reset());
    document.getElementById("session-over").close();
    isDismissed = false;
    const told = document.getElementById("session-restored").content.firstElementChild.cloneNode(true);
    document.getElementById("toasts").append(told);
    prepare(told);
    letNewsGo(document);
  });

  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:timeout", failed);
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) return;
    failures = 0;
    if (note) note.remove();
    note = null;
  });

  // --- Menus, copy buttons, notes ---------------------------------------------------------------

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (menu !== except) menu.open = false;
    });
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(copy);
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) revealKey(reveal);
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismissNote(dismiss.closest(".toast"));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest("details.menu[open]") || document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  function dismissNote(toast) {
    if (toast === note) note = null;
    toast.remove();
    document.getElementById("content").focus();
  }

  async function copyText(button) {
    const label = button.querySelector("span");
    // Pressed twice in a row, the button must not keep "Copied" for its name.
    const before = (button.dataset.label ||= label.textContent);
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      if (!copyByHand(button)) return;
    }
    label.textContent = button.dataset.copied;
    announce(button.dataset.copied);
    window.setTimeout(() => (label.textContent = before), 2000);
  }

  // Browsers give no clipboard to pages that came without https.
  function copyByHand(button) {
    const area = document.createElement("textarea");
    area.value = button.dataset.copy;
    area.readOnly = true;
    area.className = "visually-hidden";
    button.after(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    button.focus();
    return isCopied;
  }

  // A typed key is looked at once more before it is saved; the button says what it will do.
  function revealKey(button) {
    const input = document.getElementById(button.dataset.reveal);
    const label = button.querySelector("span");
    const isShown = input.type === "text";
    button.dataset.showLabel = button.dataset.showLabel || label.textContent;
    input.type = isShown ? "password" : "text";
    label.textContent = isShown ? button.dataset.showLabel : button.dataset.hideLabel;
  }

  function announce(text) {
    const region = document.getElementById("announcer");
    if (region) region.textContent = text;
  }

  // What makes sense only with this script is hidden until it runs.
  function prepare(root) {
    root.querySelectorAll("[data-copy][hidden], [data-dismiss][hidden], [data-reveal][hidden]").forEach((button) => {
      button.hidden = false;
    });
  }

  // --- Form buttons: one press, one request -----------------------------------------------------

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || !button.matches("[data-once]")) return;
    window.setTimeout(() => (button.disabled = true));
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("[data-once][disabled]").forEach((button) => (button.disabled = false));
  });

  // The theme changes at once; the form behind it stores the choice.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch] button");
    if (!button) return;
    if (button.value) document.documentElement.dataset.theme = button.value;
    else delete document.documentElement.dataset.theme;
  });

  // News goes by itself, unless somebody is just reading it; what went wrong stays.
  function letNewsGo(root) {
    root.querySelectorAll(".toasts > .toast:not(.toast-error, [data-going])").forEach((toast) => {
      toast.dataset.going = "";
      const go = () => (toast.matches(":hover, :focus-within") ? window.setTimeout(go, 1000) : toast.remove());
      window.setTimeout(go, NEWS_MS);
    });
  }

  document.addEventListener("htmx:load", (event) => prepare(event.target));
  document.addEventListener("htmx:oobAfterSwap", () => {
    prepare(document);
    letNewsGo(document);
  });
  prepare(document);
  letNewsGo(document);
  loadHtmx();
})();
