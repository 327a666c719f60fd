// A POST with the page's form token. Never throws: without a connection the status is 0.
export async function send(address, fields) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": token },
      body: new URLSearchParams(fields),
      redirect: "follow",
    });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    return { ok: answer.ok && isJson, status: answer.status, body: isJson ? await answer.json() : {} };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}

export async function ask(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    return answer.ok && isJson ? await answer.json() : null;
  } catch {
    return null;
  }
}
