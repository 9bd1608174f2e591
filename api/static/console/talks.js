/* One conversation: keeps what is typed until it is sent, stays where the agent reads, opens canned replies. */
const NEAR = 40; // pixels from the end that still count as being there
const CANNED_AFTER = 150; // milliseconds without another letter
const SLASH = /(^|\s)\/([^\s/]{0,20})$/;
const find = (id) => document.getElementById(id);
const talk = () => find("talk").dataset.talk;
const keep = (field) => `hotline.typed:${document.body.dataset.agent}:${talk()}:${field}`;

/* What is typed, until it is sent */
function save(field) {
  if (field.value) sessionStorage.setItem(keep(field.dataset.keep), field.value);
  else sessionStorage.removeItem(keep(field.dataset.keep));
}

function restore() {
  document.querySelectorAll("[data-keep]").forEach((field) => {
    field.value ||= sessionStorage.getItem(keep(field.dataset.keep)) ?? "";
  });
  const kept = find("kept");
  const typed = sessionStorage.getItem(keep("reply"));
  if (!kept || !typed) return;
  kept.hidden = false;
  kept.querySelector("span").textContent = typed;
}

function sent(...fields) {
  fields.forEach((name) => {
    const field = document.querySelector(`[data-keep="${name}"]`);
    if (field) field.value = "";
    sessionStorage.removeItem(keep(name));
  });
}

document.addEventListener("input", ({ target }) => {
  if (target.dataset.keep) save(target);
  if (target.id === "text") offerCanned(target);
});

/* Sending */
let moving = false; // take, hand back, …: the answer is the whole talk, and news would only come between
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  if (elt.dataset.move) moving = true;
  else if (elt.id === "news" && moving) event.preventDefault();
});
document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
  if (requestConfig.verb !== "post") return;
  const { elt } = requestConfig; // may be gone from the page by now
  const done = xhr.status === 200;
  if (elt.dataset.move) moving = false;
  if (elt.id === "reply") {
    const failed = find("not-sent");
    if (failed) failed.hidden = done || xhr.status === 409 || xhr.status === 403;
    if (!done) return;
    sent("reply", "suggested");
    closeCanned();
    find("text")?.focus();
    toEnd();
  } else if (elt.id === "note") {
    if (done) sent("note");
  } else if (done && elt.dataset.move) {
    sent(elt.dataset.move);
    // The button that was pressed is gone; the keyboard goes on where the work goes on.
    if (elt.dataset.move === "take") setTimeout(() => find("text")?.focus());
    else setTimeout(() => find("said")?.focus());
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest?.("#reply, #note");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

/* Suggestions and canned replies put their words into the field */
document.addEventListener("hotline:insert", ({ detail: { text, suggestion } }) => {
  const field = find("text");
  if (!field) return;
  const before = field.value.slice(0, field.selectionStart);
  if (SLASH.test(before)) {
    field.setRangeText(text, before.length - SLASH.exec(before)[2].length - 1, before.length, "end");
  } else {
    field.value = field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
  }
  const ids = find("suggested");
  if (suggestion) ids.value = [...new Set([...ids.value.split(",").filter(Boolean), suggestion])].join(",");
  [field, ids].forEach(save);
  closeCanned();
  field.focus();
});

let asks = 0;
function offerCanned(field) {
  clearTimeout(asks);
  const found = SLASH.exec(field.value.slice(0, field.selectionStart));
  if (found) asks = setTimeout(() => openCanned(found[2]), CANNED_AFTER);
  else closeCanned();
}

function openCanned(query) {
  const popup = find("canned");
  if (!popup) return;
  popup.hidden = false;
  htmx.ajax("GET", `/console/canned?q=${encodeURIComponent(query)}`, { target: "#canned-list", swap: "innerHTML" });
}

function closeCanned() {
  clearTimeout(asks);
  const popup = find("canned");
  if (popup) popup.hidden = true;
}

document.addEventListener("keydown", (event) => {
  const popup = find("canned");
  if (!popup || popup.hidden) return;
  const choices = [...popup.querySelectorAll("button")];
  const now = choices.indexOf(document.activeElement);
  const typing = event.target.id === "text";
  if (event.key === "Escape") {
    closeCanned();
    find("text").focus();
  } else if (event.key === "ArrowDown" && (typing || now >= 0)) choices[now + 1]?.focus();
  else if (event.key === "ArrowUp" && now >= 0) (choices[now - 1] ?? find("text")).focus();
  else return;
  event.preventDefault();
});
document.addEventListener("click", ({ target }) => {
  if (target.id === "canned-open") (find("canned").hidden ? openCanned : closeCanned)("");
  else if (target.id === "below") toEnd();
  else if (!target.closest("#canned, #text")) closeCanned();
});

/* Staying where the agent reads */
let atEnd = true;
let top = 0;
let unseen = 0;

function toEnd() {
  const said = find("said");
  said.scrollTop = said.scrollHeight;
  seen();
}

function seen() {
  atEnd = true;
  unseen = 0;
  find("below").hidden = true;
}

document.addEventListener("scroll", ({ target }) => {
  if (target.id !== "said") return;
  top = target.scrollTop;
  atEnd = target.scrollHeight - top - target.clientHeight < NEAR;
  if (atEnd) seen();
}, true);

let before = 0;
const messages = () => find("said").querySelectorAll("article").length;
document.addEventListener("htmx:beforeSwap", () => (before = messages()));
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target.id === "talk") {
    restore();
    if (atEnd) toEnd();
    else find("said").scrollTop = top;
  } else if (target.id === "said" && messages() > before) {
    if (atEnd) return toEnd();
    unseen += messages() - before;
    before = messages(); // this comes once for each element that is new
    const below = find("below");
    below.textContent = below.dataset.words.replace("{count}", unseen);
    below.hidden = false;
  }
});

/* Leaving */
window.addEventListener("pagehide", () => {
  const { "X-Form-Token": token } = JSON.parse(document.body.getAttribute("hx-headers"));
  navigator.sendBeacon(`/console/conversations/${talk()}/left`, new URLSearchParams({ sent: token }));
});

restore();
toEnd();
if (location.hash === "#end") find("text")?.focus({ preventScroll: true });
