/* The ticket desk by keyboard, and small help for the mouse; without it every form and link works as well. */
const LIST = "hotline-ticket-list";
const MOST = "chosen";

// The switch of keys.js.
const enabled = () => localStorage.getItem("hotline.keys") !== "off";
const typing = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const rows = () => Array.from(document.querySelectorAll("#results tr.row"));
const opener = (row) => row.querySelector("a.open");

function step(by) {
  const all = rows();
  const now = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : now + by];
  if (next) {
    opener(next).focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

function choose() {
  const row = rows().find((each) => each.contains(document.activeElement));
  const box = row && row.querySelector("input[type=checkbox]");
  if (box) {
    box.checked = !box.checked;
    count();
  }
}

function count() {
  const told = document.getElementById("chosen-count");
  if (!told) return;
  const chosen = document.querySelectorAll(`#bulk input[name=${MOST}]:checked`).length;
  told.textContent = chosen ? told.dataset.words.replace("{count}", String(chosen)) : "";
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  x: choose,
  "/": () => document.getElementById("find-number").focus(),
};

function remember() {
  const results = document.getElementById("results");
  if (results) sessionStorage.setItem(LIST, results.dataset.list);
}

function install() {
  const back = document.querySelector("[data-back]");
  const kept = sessionStorage.getItem(LIST);
  if (back && kept && kept.startsWith("/console/tickets")) back.href = kept;

  const paper = document.querySelector("[data-print]");
  if (paper) paper.addEventListener("click", () => window.print());

  // A form that was opened is there to be filled in.
  document.addEventListener("click", (event) => {
    const opened = event.target.closest("details.act > summary")?.parentElement;
    if (opened) setTimeout(() => opened.open && opened.querySelector("textarea, select, input:not([type=hidden])")?.focus());
  });

  if (!document.getElementById("results")) return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (!enabled() || document.querySelector("dialog[open]")) return;
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  document.getElementById("find-number").addEventListener("keydown", (event) => {
    // One ticket left: Enter opens it.
    if (event.key === "Enter" && rows().length === 1) {
      event.preventDefault();
      opener(rows()[0]).click();
    }
  });
  // What is still being typed is sent a moment later: it must not bring the old group back.
  document.addEventListener(
    "click",
    (event) => {
      const tab = event.target.closest("[data-group]");
      if (tab) document.querySelector("#results input[name=group]").value = tab.dataset.group;
    },
    true,
  );
  document.addEventListener("change", (event) => event.target.name === MOST && count());
  document.addEventListener("htmx:afterSwap", () => {
    remember();
    count();
  });
  count();
}

remember();
install();
