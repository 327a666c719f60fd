// A search field above a long select (`data-searchable` is its label). Without it the select is
// complete and works as it is.
(function () {
  "use strict";

  function fold(text) {
    return text.toLocaleLowerCase().normalize("NFKD");
  }

  function addSearch(select) {
    const all = [...select.options].map((option) => option.cloneNode(true));
    const id = `${select.id}-search`;
    const label = document.createElement("label");
    label.htmlFor = id;
    label.className = "hint";
    label.textContent = select.dataset.searchable;
    const input = document.createElement("input");
    Object.assign(input, { type: "search", id, autocomplete: "off" });
    const found = document.createElement("span");
    found.className = "hint";
    found.setAttribute("role", "status");
    select.before(label, input, found);

    // Options are taken out, not hidden: some browsers show hidden ones. What is chosen stays.
    function narrow() {
      const words = fold(input.value).split(/\s+/).filter(Boolean);
      const chosen = select.value;
      const kept = all.filter(
        (option) =>
          option.value === chosen || !option.value || words.every((word) => fold(option.text).includes(word)),
      );
      select.replaceChildren(...kept.map((option) => option.cloneNode(true)));
      select.value = chosen;
      const matching = kept.filter((option) => option.value && words.every((word) => fold(option.text).includes(word)));
      found.textContent = words.length ? `${select.dataset.found} ${matching.length}` : "";
    }

    input.addEventListener("input", narrow);
    // Enter would send the form; here it goes on to the list.
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      select.focus();
    });
    input.addEventListener("change", (event) => event.stopPropagation());
  }

  function addAll(root) {
    root.querySelectorAll("select[data-searchable]:not([data-searched])").forEach((select) => {
      select.dataset.searched = "";
      addSearch(select);
    });
  }

  addAll(document);
  document.addEventListener("htmx:afterSwap", () => addAll(document));
})();
