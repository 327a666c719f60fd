// The template editor: chips put a variable where the cursor stood, a field filters them.
// Without it the same variables can be read and copied from the table below.
(function () {
  "use strict";

  let last = null; // the text that had the cursor

  function texts() {
    return [...document.querySelectorAll("[data-template-text]")];
  }

  function target() {
    return last && last.isConnected ? last : texts()[0];
  }

  function insert(chip) {
    const text = target();
    if (!text) return;
    // A text that never had the cursor is continued at its end.
    const from = text === last ? text.selectionStart : text.value.length;
    const till = text === last ? text.selectionEnd : text.value.length;
    text.focus();
    text.setRangeText(chip.dataset.insert, from, till, "end");
    last = text;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function filter(field) {
    const wanted = field.value.trim().toLocaleLowerCase();
    const root = field.closest("[data-needs-script]");
    let found = 0;
    root.querySelectorAll("[data-chip-group]").forEach((group) => {
      const chips = [...group.querySelectorAll("[data-insert]")];
      chips.forEach((chip) => (chip.hidden = !chip.dataset.words.toLocaleLowerCase().includes(wanted)));
      const shown = chips.filter((chip) => !chip.hidden).length;
      group.hidden = shown === 0;
      found += shown;
    });
    const status = root.querySelector("[data-chip-count]");
    status.textContent = found ? "" : status.dataset.none;
  }

  function reveal() {
    document.querySelectorAll("[data-needs-script][hidden]").forEach((part) => (part.hidden = false));
  }

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-template-text]")) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-insert]");
    if (chip) insert(chip);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-chip-filter]")) filter(event.target);
  });
  // Enter in the filter puts in the first chip that is left, and does not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-chip-filter]")) return;
    event.preventDefault();
    const first = document.querySelector("[data-chip-group]:not([hidden]) [data-insert]:not([hidden])");
    if (first) insert(first);
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const line = event.detail.target;
    if (!line || !line.id || !line.id.endsWith("-error")) return;
    const text = document.getElementById(line.id.slice(0, -"-error".length));
    if (!text) return;
    if (line.textContent.trim()) text.setAttribute("aria-invalid", "true");
    else text.removeAttribute("aria-invalid");
  });
  document.addEventListener("htmx:load", reveal);
  reveal();
})();
