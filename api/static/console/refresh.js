/* Keeps the lists fresh: fetches this same page and puts its lists in the place of the old ones. */
const status = document.querySelector(".fresh");
const fresh = status.textContent;

function adopt(html) {
  const lists = document.getElementById("lists");
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("lists");
  if (next.innerHTML !== lists.innerHTML) {
    const focused = document.activeElement && document.activeElement.id;
    lists.replaceWith(document.adoptNode(next));
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  } else {
    lists.dataset.at = next.dataset.at;
  }
  tell(fresh);
}

function tell(text) {
  // Only a change is worth reading aloud.
  if (status.textContent !== text) status.textContent = text;
}

async function refresh() {
  const { dataset } = document.getElementById("lists");
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.redirected) return location.assign(answer.url);
    if (!answer.ok) throw new Error(String(answer.status));
    adopt(await answer.text());
  } catch (unreachable) {
    tell(status.dataset.stale.replace("{time}", dataset.at));
  }
}

// What somebody is typing must not be swept away.
const typing = () => Array.from(document.querySelectorAll("#lists input:not([type=hidden])")).some((input) => input.value);
const due = () => document.hidden || typing() || refresh();
const seconds = Number(document.getElementById("lists").dataset.refresh);
setInterval(due, seconds * 1000);
document.addEventListener("visibilitychange", due);
