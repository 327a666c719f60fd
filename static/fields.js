// The additional fields: the note that a row was deleted goes by itself after eight seconds, and a
// control whose error line has changed says so. Without it the note stays until the next press.
(function () {
  "use strict";

  const UNDO_MS = 8000;

  function letGo(note) {
    const isUsed = note.matches(":hover, :focus-within");
    if (isUsed) window.setTimeout(() => letGo(note), 1000);
    else note.remove();
  }

  function watch() {
    document.querySelectorAll("[data-undo]:not([data-going])").forEach((note) => {
      note.dataset.going = "";
      window.setTimeout(() => letGo(note), UNDO_MS);
    });
  }

  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const line = event.detail.target;
    if (!line || !line.dataset || !line.dataset.of) return;
    // A row's value is a choice or, while that is "own text", the text beside it.
    const controls = line.dataset.of.split(" ").map((id) => document.getElementById(id));
    const control = controls.filter((each) => each && !each.matches(":disabled")).at(-1);
    if (!control) return;
    controls.forEach((each) => each && each.removeAttribute("aria-invalid"));
    if (line.textContent.trim()) control.setAttribute("aria-invalid", "true");
  });
  document.addEventListener("htmx:load", (event) => {
    watch();
    // Rows that came or went change what will happen: the card beside them listens to the form.
    if (event.target.id !== "field-rows" && !event.target.matches(".mapping-row")) return;
    document.getElementById("step-form").dispatchEvent(new Event("change"));
  });
  watch();
})();
