// The window that a foreign page has opened: hands the key over to that page, and to no other.
(function () {
  "use strict";

  const box = document.querySelector("[data-hand-over]");
  if (!box) return;
  if (!window.opener || window.opener.closed) {
    document.querySelector("[data-no-opener]").hidden = false;
    return;
  }
  const { handOver, origin, state } = box.dataset;
  window.opener.postMessage({ kind: "callgear-behomes", token: handOver, state }, origin);
  window.setTimeout(() => window.close(), 800);
})();
