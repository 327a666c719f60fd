// A note saves itself: a moment after the last key, on leaving the field, and again if it failed.
import { send } from "./send.js";
import { word } from "./words.js";

const PAUSE_MS = 800;
const AGAIN_MS = 5000;

export function keepNote(card, address) {
  const field = card.slot("note");
  const state = card.slot("note-state");
  let timer = null;
  let saved = "";

  function later(ms) {
    window.clearTimeout(timer);
    timer = window.setTimeout(save, ms);
  }

  async function save() {
    window.clearTimeout(timer);
    const text = field.value;
    if (text === saved) return;
    state.textContent = word("saving");
    const answer = await send(address, { note: text });
    if (answer.ok) {
      saved = text;
      state.textContent = word("saved");
    } else if (answer.status === 404 || answer.status === 422) {
      state.textContent = answer.status === 422 ? answer.body.errors.join(" ") : word("refused");
      if (answer.status === 404) later(AGAIN_MS); // the call is not stored yet
      return;
    } else {
      state.textContent = word("not-saved");
      later(AGAIN_MS);
    }
    if (field.value !== text) later(PAUSE_MS);
  }

  field.addEventListener("input", () => later(PAUSE_MS));
  field.addEventListener("blur", save);
  return {
    fill: (text) => {
      if (field.value || !text) return;
      field.value = saved = text;
    },
  };
}
