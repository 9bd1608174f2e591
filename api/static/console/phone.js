// Phone mode: what is typed is saved, and the form beside it follows, without taking focus, caret or what the
// agent changed by hand. Saved after a pause of PAUSE, and every LONGEST while somebody types on.
import { isByHand, listen, nextDoubt, sheet, shortcut } from "./sheet.js";

const PAUSE = 600;
const LONGEST = 3000;
const AGAIN = 3000;
const NEWEST = 500; // characters: what was said last is what is to be answered

const call = document.getElementById("call");
const words = document.getElementById("words");
const saved = document.getElementById("saved");
const reading = document.getElementById("reading");
const address = `/console/phone/${call.dataset.call}`;

let timer = 0;
let since = 0; // when the oldest unsaved keystroke was
let running = null;
let again = false;
let suggestedFor = null;

function content() {
  const data = new FormData(sheet());
  data.set("words", words.value);
  data.set("revision", String(Date.now()));
  return data;
}

function later() {
  const now = Date.now();
  since ||= now;
  clearTimeout(timer);
  timer = setTimeout(save, Math.max(0, Math.min(PAUSE, since + LONGEST - now)));
  tell(call.dataset.saving, false);
}

/** Saves now; what is typed meanwhile is saved right after. Gives whether it was taken. */
function save() {
  clearTimeout(timer);
  if (running) {
    again = true;
    return running;
  }
  since = 0;
  running = send().finally(() => {
    running = null;
    if (again) {
      again = false;
      return save();
    }
  });
  return running;
}

async function send() {
  try {
    const answer = await fetch(address, { method: "POST", body: content(), headers: { "HX-Request": "true" } });
    if (answer.redirected) return fail(call.dataset.signedOut);
    if (!answer.ok) throw new Error(String(answer.status));
    adopt(await answer.text());
    tell(call.dataset.saved.replace("{time}", new Date().toLocaleTimeString("zh-CN", { hour12: false })), false);
    remember();
    suggest();
    return true;
  } catch (unreachable) {
    return fail(call.dataset.unsaved);
  }
}

function fail(text) {
  tell(text, true);
  clearTimeout(timer);
  timer = setTimeout(save, AGAIN);
  return false;
}

function tell(text, wrong) {
  if (saved.textContent !== text) saved.textContent = text;
  saved.classList.toggle("wrong", wrong);
}

function remember() {
  const here = `/console/phone?call=${call.dataset.call}`;
  if (location.pathname + location.search !== here) history.replaceState(null, "", here);
}

/** Takes the new state in, part by part. */
function adopt(html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  for (const id of ["calls", "strip", "found"]) replaceIfChanged(id, next);
  for (const box of next.querySelectorAll("[data-field]")) adoptField(box);
  const told = document.getElementById("told");
  if (!told.contains(document.activeElement)) {
    const chosen = [...told.querySelectorAll("input[type=checkbox], input[type=radio]")].filter((input) => input.checked);
    const marks = chosen.map((input) => `[name="${input.name}"][value="${input.value}"]`);
    replaceIfChanged("told", next);
    for (const mark of marks) told.querySelectorAll(mark).forEach((input) => (input.checked = true));
  } else {
    const [old, now] = [document, next].map((each) => each.getElementById("readback"));
    old.hidden = now.hidden;
    old.innerHTML = now.innerHTML;
  }
}

function replaceIfChanged(id, next) {
  const [old, fresh] = [document.getElementById(id), next.getElementById(id)];
  if (fresh && old.innerHTML !== fresh.innerHTML && !old.contains(document.activeElement)) {
    old.innerHTML = fresh.innerHTML;
    if (window.htmx) window.htmx.process(old);
  }
}

function adoptField(fresh) {
  const name = fresh.dataset.field;
  const box = sheet().querySelector(`[data-field="${name}"]`);
  const [input, now] = [box, fresh].map((each) => each.querySelector("input, select, textarea"));
  if (!isByHand(name) && input !== document.activeElement) {
    if (input.type === "checkbox") input.checked = now.checked;
    else if (input.value !== now.value) setValue(input, now.value);
    box.classList.toggle("in-doubt", fresh.classList.contains("in-doubt"));
  }
  for (const part of ["doubt", "source"]) {
    const [old, text] = [box, fresh].map((each) => each.querySelector(`.${part}`));
    old.hidden = text.hidden;
    if (old.innerHTML !== text.innerHTML) old.innerHTML = text.innerHTML;
  }
}

function setValue(input, value) {
  if (input.tagName === "SELECT" && ![...input.options].some((option) => option.value === value)) {
    input.add(new Option(value, value));
  }
  input.value = value;
}

/** Suggested answers for what was said, one look-up at a time. */
function suggest() {
  const text = words.value.trim().slice(-NEWEST);
  if (!text || text === suggestedFor || !window.htmx) return;
  suggestedFor = text;
  const values = { text, call: call.dataset.call };
  window.htmx.ajax("POST", "/console/suggestions", { target: "#suggestions", swap: "innerHTML", values });
}

async function readAloud() {
  if (!(await save())) return; // what is not saved is not filed: the strip says so
  document.getElementById("reading-text").textContent = document.getElementById("readback-text").textContent;
  reading.showModal();
  document.getElementById("confirm").focus();
}

/** The agent asked and there is no danger: the same kind raises no alarm again in this call. */
function noDanger() {
  const button = document.getElementById("no-danger");
  if (!button) return;
  sheet().elements.calm.value = button.value;
  if (document.getElementById("strip").contains(document.activeElement)) words.focus();
  save();
}

function fileNow() {
  clearTimeout(timer);
  sheet().requestSubmit(document.getElementById("file"));
}

listen();
document.getElementById("strip").addEventListener("click", (event) => {
  if (event.target.id !== "no-danger") return;
  event.preventDefault();
  noDanger();
});
words.addEventListener("input", later);
sheet().addEventListener("input", later);
sheet().addEventListener("change", later);
sheet().addEventListener("submit", () => reading.open && reading.close());
document.getElementById("go-on").addEventListener("click", () => reading.close());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "Enter") {
    event.preventDefault();
    return reading.open ? fileNow() : readAloud();
  }
  if (reading.open) return;
  shortcut(event, {
    KeyJ: nextDoubt,
    KeyX: noDanger,
    KeyE: async () => (await save()) && document.getElementById("end").click(),
    KeyW: () => words.focus(),
    KeyL: () => document.getElementById("q").focus(),
    KeyN: async () => (await save()) && location.assign("/console/phone?new=1"),
  });
});
document.addEventListener("hotline:insert", (event) => {
  const { text, suggestion } = event.detail;
  const data = new FormData();
  data.set("sent", sheet().elements.sent.value);
  data.set("text", text);
  data.set("suggestion", suggestion || "");
  fetch(`${address}/said`, { method: "POST", body: data }).catch(() => {});
});
addEventListener("pagehide", () => {
  if (since || running) navigator.sendBeacon(address, content());
});
// What was typed while this script was still on its way: saved like the rest, and the caret stays where it is.
if (words.value !== words.defaultValue) later();
else words.setSelectionRange(words.value.length, words.value.length);
if (words.value) suggest();
