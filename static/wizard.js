// The wizard's own conveniences: groups that depend on a choice, fields checked when they are left.
// Without it everything still works: the server shows and checks the same after "Save".
(function () {
  "use strict";

  function chosen(form, name) {
    const controls = [...form.elements].filter((each) => each.name === name);
    const first = controls[0];
    if (!first) return null;
    if (first.type === "radio") return controls.find((each) => each.checked)?.value ?? "";
    if (first.type === "checkbox") return first.checked ? "1" : "";
    return first.value;
  }

  function isOn(element, value) {
    if ("not" in element.dataset) return value !== element.dataset.not;
    return element.dataset.values.split(" ").includes(value);
  }

  function isShown(element) {
    return Boolean(element) && !element.closest("[hidden]");
  }

  // What is hidden is disabled as well, and so not submitted. From the top down: what depends on
  // another group is told after it.
  function showDependents(form) {
    form.querySelectorAll("[data-depends-on]").forEach((element) => {
      const value = chosen(form, element.dataset.dependsOn);
      if (value === null) return;
      const other = element.dataset.unless;
      const on = isOn(element, value) && !(other && isShown(document.getElementById(other)));
      element.hidden = !on;
      if (element.matches("fieldset")) element.disabled = !on;
    });
  }

  // Browsers fill a form again on "back": then the groups follow what was filled in.
  function showAll() {
    document.querySelectorAll("[data-step-form]").forEach(showDependents);
  }

  // Narrows a long list of boxes (`data-narrows` is the id of the list); what is ticked stays.
  function narrow(input) {
    const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    document.querySelectorAll(`#${input.dataset.narrows} label`).forEach((label) => {
      const text = label.textContent.toLocaleLowerCase();
      const kept = words.every((word) => text.includes(word));
      label.hidden = !kept && !label.querySelector("input").checked;
    });
  }

  function checkField(control) {
    const form = control.closest("[data-step-form]");
    const error = document.getElementById(`${control.id}-error`);
    if (!form || !error || !window.htmx) return;
    // Not in the form's own queue: there it would push out a "Save" that follows at once.
    error.setAttribute("hx-sync", "this:replace");
    window.htmx.ajax("POST", `${form.getAttribute("action")}/validate?field=${control.dataset.check}`, {
      source: error,
      target: error,
      swap: "innerHTML",
    });
  }

  showAll();
  window.addEventListener("pageshow", showAll);

  // Hidden until here: without this script it could not narrow anything.
  function showNarrowing() {
    document.querySelectorAll("[data-narrows]").forEach((input) => {
      input.parentElement.hidden = false;
    });
  }
  showNarrowing();

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-narrows]")) narrow(event.target);
  });

  // Enter in the narrowing field must not send the form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("[data-narrows]")) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-step-form]");
    if (form) showDependents(form);
  });

  function isChanged(control) {
    if (!control.name || control.matches("button, fieldset, output, [type=hidden]")) return false;
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.tagName !== "SELECT") return control.value !== control.defaultValue;
    const first = [...control.options].findIndex((option) => option.defaultSelected);
    return control.selectedIndex !== Math.max(first, 0);
  }

  // htmx may arrive later than a quick person's first choice: then it hears of it now.
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== document.body) return;
    document.querySelectorAll("[data-step-form]").forEach((form) => {
      [...form.elements].filter(isChanged).forEach((control) => {
        control.dispatchEvent(new Event("change", { bubbles: true }));
      });
    });
  });

  // A field is checked when it is left after a change, and again while it is wrong.
  document.addEventListener("focusout", (event) => {
    const control = event.target;
    if (!control.matches("[data-check]") || control.value === control.defaultValue) return;
    checkField(control);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const line = event.target;
    showNarrowing();
    if (line.id && line.id.endsWith("-error")) {
      const control = document.getElementById(line.id.slice(0, -"-error".length));
      if (!control) return;
      if (line.textContent.trim()) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      return;
    }
    const summary = document.getElementById("error-summary");
    if (summary && line.id === "wizard") summary.focus();
  });
})();
