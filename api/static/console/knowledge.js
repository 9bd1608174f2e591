/* Sends chosen files in pieces, so that none is too large for a request, and says how far it is. */
const form = document.getElementById("add");
const told = document.getElementById("sending");
const { piece, most, files: mostFiles } = JSON.parse(form.dataset.limits);
const TRIES = 3;

async function post(path, body) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const headers = { "X-Form-Token": form.dataset.token, "Content-Type": "application/octet-stream" };
      const answer = await fetch(form.dataset.root + path, { method: "POST", headers, body, redirect: "manual" });
      if (answer.type === "opaqueredirect") return location.reload();
      const said = await answer.json().catch(() => ({ problem: "" }));
      if (!answer.ok) throw new Refused(said.problem || "");
      return said;
    } catch (error) {
      if (error instanceof Refused || attempt === TRIES) throw error;
      await new Promise((done) => setTimeout(done, 800 * attempt));
    }
  }
}

class Refused extends Error {}

async function send(id, file, number) {
  const name = encodeURIComponent(file.name);
  for (let at = 0; at < file.size || at === 0; at += piece) {
    await post(`/${id}/piece?number=${number}&at=${at}&name=${name}`, file.slice(at, at + piece));
    const percent = Math.min(100, Math.round((100 * (at + piece)) / (file.size || 1)));
    told.textContent = form.dataset.sending.replace("{name}", file.name).replace("{percent}", percent);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = Array.from(document.getElementById("files").files);
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    if (chosen.length > mostFiles) throw new Refused(form.dataset.many);
    if (chosen.some((file) => file.size > most)) throw new Refused(form.dataset.large);
    const { id } = await post("/open");
    for (const [number, file] of chosen.entries()) await send(id, file, number);
    told.textContent = form.dataset.sent;
    location.assign((await post(`/${id}/read`)).page);
  } catch (error) {
    const why = error instanceof Refused ? error.message : form.dataset.offline;
    told.textContent = form.dataset.failed.replace("{why}", why);
    button.disabled = false;
  }
});
