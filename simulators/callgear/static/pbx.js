"use strict";
// The board of the simulated PBX: reads the lists again every second, sends the form in place.

const POLL_MS = 1000;
const lists = document.getElementById("lists");
const state = document.getElementById("state");
const form = document.querySelector("form.start");
let shown = "";

function showState(isReached) {
  state.textContent = isReached ? "" : document.body.dataset.lost;
  state.classList.toggle("lost", !isReached);
}

async function refresh() {
  try {
    const answer = await fetch(lists.dataset.source, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.statusText);
    const html = await answer.text();
    const isBusy = lists.contains(document.activeElement) && document.activeElement !== lists;
    if (html !== shown && !isBusy) {
      lists.innerHTML = html;
      shown = html;
    }
    showState(true);
  } catch {
    showState(false);
  }
}

async function poll() {
  await refresh();
  setTimeout(poll, POLL_MS);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await fetch(form.action, { method: "POST", body: new FormData(form, event.submitter) });
  } catch {
    showState(false);
  }
  refresh();
});
poll();
