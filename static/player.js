// One player for all recordings of a page, docked where no swap reaches it. Without this script a
// "Listen" link opens the recording by itself.
(function () {
  "use strict";

  const box = document.getElementById("player");
  if (!box) return;
  const audio = box.querySelector("audio");
  const title = box.querySelector("[data-player-title]");
  const note = box.querySelector("[data-player-note]");
  const again = box.querySelector("[data-player-again]");
  const speed = box.querySelector("[data-player-speed]");
  const SPEED = "player-speed";
  const MOST_RETRIES = 10;
  const STEP_SECONDS = 5;

  let current = ""; // address of what is being played
  let opener = null; // where the focus goes back to
  let retries = 0;
  let waiting = null;

  // --- What is played ---------------------------------------------------------------------------

  function open(link) {
    const address = link.getAttribute("href");
    opener = link.id;
    if (address === current && !audio.error) return toggle();
    current = address;
    retries = 0;
    title.textContent = link.dataset.play;
    box.hidden = false;
    load();
  }

  function load() {
    window.clearTimeout(waiting);
    again.hidden = true;
    say(box.dataset.loading);
    audio.src = current;
    setSpeed();
    play();
    mark();
  }

  // A press that comes while it loads, or a browser that forbids sound, is no failure.
  function play() {
    const playing = audio.play();
    if (playing) playing.catch(() => {});
  }

  function toggle() {
    if (audio.paused) play();
    else audio.pause();
  }

  function close() {
    window.clearTimeout(waiting);
    audio.pause();
    audio.removeAttribute("src");
    audio.load();
    current = "";
    box.hidden = true;
    mark();
    const back = document.getElementById(opener) || document.getElementById("content");
    back.focus();
  }

  function say(text) {
    if (note.textContent !== text) note.textContent = text;
  }

  // The rows of a list come anew with each refresh: the one that plays is marked again.
  function mark() {
    const isPlaying = !audio.paused;
    document.querySelectorAll("[data-play]").forEach((link) => {
      const isCurrent = current !== "" && link.getAttribute("href") === current;
      if (isCurrent) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      const isHeard = isCurrent && isPlaying;
      link.querySelector("[data-play-label]").textContent = isHeard ? box.dataset.pause : box.dataset.listen;
      const icon = link.querySelector("use");
      icon.setAttribute("href", icon.getAttribute("href").replace(/#.*/, isHeard ? "#pause" : "#play"));
    });
  }

  // --- Speed ------------------------------------------------------------------------------------

  function kept() {
    try {
      return window.localStorage.getItem(SPEED);
    } catch {
      return null;
    }
  }

  function setSpeed() {
    audio.playbackRate = Number(speed.value);
  }

  function changeSpeed(step) {
    speed.selectedIndex = Math.min(Math.max(speed.selectedIndex + step, 0), speed.options.length - 1);
    speed.dispatchEvent(new Event("change"));
  }

  speed.addEventListener("change", () => {
    setSpeed();
    try {
      window.localStorage.setItem(SPEED, speed.value);
    } catch {
      // A browser that keeps nothing forgets the speed.
    }
  });
  if ([...speed.options].some((option) => option.value === kept())) speed.value = kept();

  // --- What goes wrong --------------------------------------------------------------------------

  async function explain() {
    const address = current;
    let state = "no-connection";
    let seconds = 0;
    try {
      const answer = await fetch(address, { headers: { Range: "bytes=0-0" }, cache: "no-store" });
      state = answer.headers.get("X-Recording") || (answer.ok ? "away" : "no-right");
      seconds = Number(answer.headers.get("Retry-After")) || 0;
    } catch {
      seconds = 15;
    }
    if (address !== current) return;
    say(box.dataset[state.replace(/-(.)/g, (_, letter) => letter.toUpperCase())] || box.dataset.away);
    again.hidden = state === "expired" || state === "none" || state === "no-right";
    if (!again.hidden && seconds && retries < MOST_RETRIES) {
      retries += 1;
      waiting = window.setTimeout(load, seconds * 1000);
    }
  }

  audio.addEventListener("error", () => {
    if (current) explain();
  });
  audio.addEventListener("play", mark);
  audio.addEventListener("playing", () => say(box.dataset.playing));
  audio.addEventListener("pause", () => {
    mark();
    if (current && !audio.error) say(box.dataset.paused);
  });
  audio.addEventListener("loadedmetadata", setSpeed);

  // --- Presses and keys -------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-play]");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey);
    if (!link || !isPlain) return;
    event.preventDefault();
    open(link);
  });
  box.addEventListener("click", (event) => {
    const skip = event.target.closest("[data-player-skip]");
    if (skip) move(Number(skip.dataset.playerSkip));
    if (event.target.closest("[data-player-close]")) close();
    if (event.target.closest("[data-player-again]")) load();
  });

  function move(seconds) {
    if (!audio.src || Number.isNaN(audio.duration)) return;
    audio.currentTime = Math.min(Math.max(audio.currentTime + seconds, 0), audio.duration);
  }

  const KEYS = {
    " ": toggle,
    ArrowLeft: () => move(-STEP_SECONDS),
    ArrowRight: () => move(STEP_SECONDS),
    "<": () => changeSpeed(-1),
    ">": () => changeSpeed(1),
    Escape: close,
  };

  // Inside the player only; a select keeps its arrows, a button its space, the browser's own
  // controls what they take themselves.
  box.addEventListener("keydown", (event) => {
    const isOwn = event.target.matches("select, audio") && event.key !== "Escape";
    const isPressed = event.key === " " && event.target.matches("button");
    if (!KEYS[event.key] || isOwn || isPressed || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  document.addEventListener("htmx:afterSwap", mark);
})();
