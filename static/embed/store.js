// Where we are, in which language, and the key of this page. The key is kept by the page's own
// origin: the server takes it from no other.
const script = document.currentScript;
const base = script.src.replace(/\/embed\.js(\?.*)?$/, "");
const integration = script.dataset.integration || "";
const api = `${base}/embed/${integration}`;
const NAME = `callgear-behomes:${base}:${integration}`;
const wantedLanguage = script.dataset.lang || document.documentElement.lang || navigator.language || "";
const words = wantedLanguage.toLowerCase().startsWith("ru") ? TEXTS.ru : TEXTS.en;

const store = {
  read() {
    try {
      return localStorage.getItem(NAME) || "";
    } catch {
      return store.kept || "";
    }
  },
  write(token) {
    store.kept = token;
    try {
      if (token) localStorage.setItem(NAME, token);
      else localStorage.removeItem(NAME);
    } catch {
      // A page without storage keeps the key as long as it is open.
    }
  },
};

function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => values[name] ?? "");
}

async function ask(path, options = {}) {
  const headers = { Authorization: `Bearer ${store.read()}`, "Accept-Language": words.locale, ...options.headers };
  const answer = await fetch(api + path, { ...options, headers, cache: "no-store", credentials: "omit", mode: "cors" });
  if (answer.status === 401) signedOut();
  return answer;
}
