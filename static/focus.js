// After a swap the keyboard stays beside what was pressed. htmx finds an element again by its id;
// a button that gave way to another one would leave the keyboard at the top of the page.
(function () {
  "use strict";

  let trail = []; // ids around what was pressed, the nearest first

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    if (requestConfig.headers["X-Poll"] || !elt.contains(document.activeElement)) return;
    trail = [];
    for (let at = document.activeElement; at; at = at.parentElement) if (at.id) trail.push(at.id);
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!trail.length || document.activeElement !== document.body) return;
    const near = trail.map((id) => document.getElementById(id)).find(Boolean);
    trail = [];
    if (!near || near === document.body) return;
    const usable = (element) => element.checkVisibility() && !element.disabled;
    const first = (wanted) => [near, ...near.querySelectorAll(wanted)].filter((element) => element.matches(wanted)).find(usable);
    const next = first("button[id]") || first("button, a[href], input:not([type=hidden]), select, summary");
    if (next) next.focus({ preventScroll: true });
  });
})();
