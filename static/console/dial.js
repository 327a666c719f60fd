// Calls by a click: one press, one request id; the states come over the stream.
import { send } from "./send.js";
import { has, word } from "./words.js";

const STEPS = ["calling_employee", "calling_client", "talking"];

export function makeDial() {
  const form = document.getElementById("dial-form");
  if (!form) return null;
  const field = form.querySelector("#dial-phone");
  const id = form.querySelector('[name="request_id"]');
  const button = form.querySelector("[type=submit]");
  const course = document.getElementById("dial-course");
  const state = document.getElementById("dial-state");
  let asked = null;
  let isBusy = false;

  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(24));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  async function dial() {
    if (isBusy) return;
    isBusy = true;
    button.setAttribute("aria-busy", "true");
    asked = id.value;
    at(null);
    say(word("dial-asking"));
    const answer = await send(form.action, Object.fromEntries(new FormData(form)));
    isBusy = false;
    button.removeAttribute("aria-busy");
    // No answer: the same press may be repeated, the server dials once for it.
    if (!answer.status) return say(word("dial-network"), "error");
    id.value = newId();
    if (answer.ok) return take({ request_id: asked, ...answer.body });
    say(answer.body.text || reason(answer.body.error) || word("dial-failed"), "error");
  }

  // How a call of this office stands; only the one that was asked for here is shown.
  function take(told) {
    if (told.request_id !== asked) return;
    if (["refused", "blocked", "unclear"].includes(told.state)) {
      at(null);
      return say(told.text || reason(told.error) || word("dial-failed"), "error");
    }
    if (told.progress === "failed") {
      at(null);
      return say([word("dial-failed"), reason(told.error)].filter(Boolean).join(" "), "error");
    }
    if (told.progress === "ended") {
      at(null);
      return say(word("dial-ended"));
    }
    at(told.progress || "calling_employee");
    say("");
  }

  function reason(error) {
    const code = error && error.code ? error.code : error;
    return code && has(`dial-${code}`) ? word(`dial-${code}`) : "";
  }

  function at(step) {
    course.hidden = !step;
    const reached = STEPS.indexOf(step);
    course.querySelectorAll("[data-step]").forEach((row) => {
      const place = STEPS.indexOf(row.dataset.step);
      if (place === reached) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      row.dataset.done = place < reached;
    });
    if (step) state.textContent = course.querySelector("[aria-current]").textContent;
  }

  function say(text, tone = "") {
    state.dataset.tone = tone;
    if (text || course.hidden) state.textContent = text;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    dial();
  });

  return {
    take,
    call: (phone, office) => {
      field.value = phone;
      if (office) form.action = form.action.replace(/\/integrations\/\d+\//, `/integrations/${office}/`);
      field.scrollIntoView({ block: "nearest" });
      button.focus();
      dial();
    },
  };
}
