/** What opens on a tap and closes again: the menu of lesser things, and questions that must be answered first. */
import { build, button } from "./build.js";

/** A button and the panel it opens; `entries` are buttons and links. Gives {opener, panel}. */
export function menu(label, close, entries) {
  const panel = build("div", { class: "menu", hidden: true }, ...entries, button(close, () => {}));
  const opener = button(label, () => show(panel.hidden), { class: "more", "aria-expanded": "false" });

  function show(open) {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) panel.querySelector("button, a").focus();
    else opener.focus();
  }

  panel.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  // Before the entry acts: what it opens keeps the focus.
  const leave = (event) => {
    const entry = event.target.closest("button, a");
    if (entry && !entry.hasAttribute("data-stays")) show(false);
  };
  panel.addEventListener("click", leave, true);
  return { opener, panel };
}

/**
 * Ask before something that cannot be undone; the question covers `box`.
 * @param {{title: string, text: string, yes: string, no: string}} say
 * @param {() => Promise|void} act on yes; while it runs the question stays; rejected with {message}, it is told
 */
export function question(box, say, act) {
  const before = box.getRootNode().activeElement;
  const told = build("p", { class: "told", role: "alert" });
  const yes = button(say.yes, go, { class: "yes" });
  const no = button(say.no, close);
  const asked = build(
    "div",
    { class: "asked", role: "alertdialog", "aria-modal": "true", "aria-label": say.title, "aria-describedby": "ask" },
    build("p", { id: "ask" }, say.text),
    told,
    yes,
    no,
  );
  const veil = build("div", { class: "veil" }, asked);

  function close() {
    veil.remove();
    if (before && before.isConnected) before.focus();
  }

  function go() {
    yes.disabled = true;
    told.textContent = "";
    Promise.resolve()
      .then(act)
      .then(close, (failure) => {
        yes.disabled = false;
        told.textContent = failure.message;
      });
  }

  veil.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.key !== "Tab") return;
    event.preventDefault();
    (box.getRootNode().activeElement === no && !yes.disabled ? yes : no).focus();
  });
  box.append(veil);
  // In large letters it may not fit: the words come first.
  no.focus({ preventScroll: true });
}
