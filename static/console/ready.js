// The three ticks of a first visit: joined, sound, example. Afterwards the list stays small.
import { word } from "./words.js";

const KEY = "console-example-seen";
let offer = null;
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  const button = document.getElementById("install");
  if (button) button.hidden = false;
});

export function makeReady(alerts, showExample) {
  const box = document.getElementById("ready");
  const at = (id) => document.getElementById(id);
  box.hidden = false;

  function show() {
    const state = alerts.state();
    at("sound-state").textContent = word(state);
    at("sound-on").hidden = alerts.isOn();
    at("sound-test").hidden = at("sound-off").hidden = !alerts.isOn();
    tick("sound", alerts.isOn());
  }

  function tick(name, isDone) {
    const row = box.querySelector(`[data-tick="${name}"]`);
    if (isDone) row.dataset.done = "";
    else delete row.dataset.done;
  }

  // A button that goes away hands its focus on.
  async function turn(on) {
    await alerts.set(on);
    show();
    at(on ? "sound-test" : "sound-on").focus();
    window.setTimeout(show, 300); // the browser's sound needs a moment to wake up
  }

  at("sound-on").addEventListener("click", () => turn(true));
  at("sound-off").addEventListener("click", () => turn(false));
  at("sound-test").addEventListener("click", () => {
    alerts.test();
    window.setTimeout(show, 300);
  });
  at("example").addEventListener("click", () => {
    showExample();
    tick("example", true);
    try {
      localStorage.setItem(KEY, "1");
    } catch {
      // then it is offered again next time
    }
  });
  at("install").addEventListener("click", async () => {
    if (!offer) return;
    await offer.prompt();
    at("install").hidden = true;
    at("example").focus();
  });
  try {
    tick("example", localStorage.getItem(KEY) === "1");
  } catch {
    tick("example", false);
  }
  show();
  document.addEventListener("pointerdown", () => window.setTimeout(show, 300), { once: true });
}
