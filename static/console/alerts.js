// Sound and notifications of the browser: switched on by one click, kept for this browser. However
// many tabs are open, one of them makes the noise.
import { word } from "./words.js";

const KEY = "console-sound";
const NOTES = [
  [659.25, 0, 0.18],
  [880, 0.2, 0.28],
];
const EVERY_S = 2.2;
const RINGS = 5;

export function makeAlerts() {
  let audio = null;
  let isOn = read();
  const ringing = new Map();
  const shown = new Map();

  function read() {
    try {
      return localStorage.getItem(KEY) === "on";
    } catch {
      return false;
    }
  }

  async function set(on) {
    isOn = on;
    try {
      localStorage.setItem(KEY, on ? "on" : "off");
    } catch {
      // for as long as the page is open, then
    }
    if (!on) return ringing.forEach((stop) => stop());
    wake();
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  }

  // Browsers let a page sound only after somebody has touched it.
  function wake() {
    audio = audio || new AudioContext();
    if (audio.state === "suspended") audio.resume();
  }

  function play(times) {
    if (!audio || audio.state !== "running") return () => {};
    const volume = audio.createGain();
    volume.connect(audio.destination);
    for (let ring = 0; ring < times; ring += 1) NOTES.forEach((note) => sound(volume, note, ring * EVERY_S));
    return () => volume.disconnect();
  }

  function sound(volume, [pitch, after, seconds], later) {
    const at = audio.currentTime + later + after;
    const tone = audio.createOscillator();
    const fade = audio.createGain();
    tone.type = "sine";
    tone.frequency.value = pitch;
    fade.gain.setValueAtTime(0.0001, at);
    fade.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
    fade.gain.exponentialRampToValueAtTime(0.0001, at + seconds);
    tone.connect(fade).connect(volume);
    tone.start(at);
    tone.stop(at + seconds + 0.05);
  }

  function announce(key, text, onClick) {
    if (!isOn) return;
    once(`console-sound-${key}`, () => ringing.set(key, play(RINGS)), audio && audio.state === "running");
    once(`console-note-${key}`, () => notify(key, text, onClick), !("Notification" in window) || Notification.permission === "granted");
  }

  // The first tab that can takes the lock and keeps it while the others would want it too.
  function once(name, act, can) {
    if (!can) return;
    if (!navigator.locks) return act();
    navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      act();
      await new Promise((go) => window.setTimeout(go, 3000));
    });
  }

  function notify(key, text, onClick) {
    if (!("Notification" in window) || document.hasFocus()) return;
    const note = new Notification(word("ringing"), { body: text, tag: key, icon: "/static/console/icon-any-192.png" });
    note.onclick = () => {
      window.focus();
      note.close();
      if (onClick) onClick();
    };
    shown.set(key, note);
  }

  function hush(key) {
    if (ringing.has(key)) ringing.get(key)();
    if (shown.has(key)) shown.get(key).close();
    ringing.delete(key);
    shown.delete(key);
  }

  function test() {
    wake();
    window.setTimeout(() => play(1), 50);
    if ("Notification" in window && Notification.permission === "granted") {
      new Notification(word("ringing"), { body: word("test"), tag: "console-test" });
    }
  }

  function state() {
    if (!isOn) return "sound-off";
    if (!audio || audio.state !== "running") return "sound-wait";
    return "Notification" in window && Notification.permission === "granted" ? "sound-on" : "sound-only";
  }

  document.addEventListener("pointerdown", () => isOn && wake(), { capture: true });
  document.addEventListener("keydown", () => isOn && wake(), { capture: true });
  return { announce, hush, set, test, state, isOn: () => isOn };
}
