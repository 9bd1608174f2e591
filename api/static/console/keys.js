/* Keyboard shortcuts of the console. Single letters do nothing while somebody types, and can be switched off
   (WCAG 2.1.4). The table of them opens with `?`. */
const PAGES = { q: "talks", p: "phone", t: "tickets", s: "search", f: "figures" };
const WAITS = 1500; // for the second letter after g
const find = (id) => document.getElementById(id);
const dialog = find("keys");
const enabled = () => localStorage.getItem("hotline.keys") !== "off";
let going = 0;

const rows = () => [...document.querySelectorAll("#lists .row")];
const press = (selector) => document.querySelector(selector)?.click();
const focus = (id) => find(id)?.focus();

function step(by) {
  const all = rows();
  if (!all.length) return follow(by);
  const now = all.indexOf(document.activeElement.closest?.("li")?.querySelector(".row"));
  const next = now < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(now + by, 0), all.length - 1);
  all[next].focus();
}

function follow(by) {
  const link = document.querySelector("a.next");
  if (link) location.assign(`${link.href}${by < 0 ? "&back=1" : ""}`);
}

function take() {
  const row = document.activeElement.closest?.("li");
  const button = row?.querySelector("button.take") ?? document.querySelector("button.take");
  button?.click();
}

const DO = {
  j: () => step(1),
  k: () => step(-1),
  t: take,
  r: () => focus("text"),
  n: () => focus("note-text"),
  g: () => (going = Date.now()),
  "?": () => dialog.showModal(),
};

const types = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (!enabled() || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (types(event.target) || document.querySelector("dialog[open]")) return;
  const goes = Date.now() - going < WAITS && PAGES[event.key];
  going = 0;
  if (goes) press(`#menu-${goes}`);
  else if (DO[event.key]) DO[event.key]();
  else return;
  event.preventDefault();
});

const opens = find("keys-open");
opens.hidden = false;
opens.addEventListener("click", () => dialog.showModal());

const on = find("keys-on");
on.checked = enabled();
on.addEventListener("change", () => localStorage.setItem("hotline.keys", on.checked ? "on" : "off"));
