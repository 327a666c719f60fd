// Texts in the reader's language stand in the page; times and numbers are written as its office
// writes them.
const found = new Map();
document.getElementById("console-words")?.content.querySelectorAll("[data-word]").forEach((each) => {
  found.set(each.dataset.word, each.textContent);
});

export function word(name, values = {}) {
  const text = found.get(name) ?? name;
  return Object.entries(values).reduce((told, [key, value]) => told.replace(`{${key}}`, value), text);
}

export function has(name) {
  return found.has(name);
}

// 0:42, from one hour 1:00:42
export function length(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${pad(minutes)}:${pad(seconds % 60)}`;
}

export function moment(ms, { locale, zone }) {
  const options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone };
  return new Intl.DateTimeFormat(locale, options).format(new Date(ms));
}
