// Suggested answers: a click, or Alt+1 to Alt+3, offers the words to whoever has a text field.
// Event on the document: hotline:insert, detail {text, suggestion} (suggestion: its id, or null for a canned reply).

const insert = (button) => {
  const { insert: text, suggestion = null } = button.dataset;
  button.dispatchEvent(new CustomEvent("hotline:insert", { bubbles: true, detail: { text, suggestion } }));
  button.closest(".suggestion")?.classList.add("inserted");
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert]");
  if (button) insert(button);
});

document.addEventListener("keydown", (event) => {
  const key = /^(?:Digit|Numpad)([1-3])$/.exec(event.code);
  if (!key || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const shortcut = `[data-insert][aria-keyshortcuts="Alt+${key[1]}"]`;
  const button = [...document.querySelectorAll(shortcut)].find((each) => each.offsetParent !== null);
  if (!button) return;
  event.preventDefault();
  insert(button);
});

// A conversation tells often that something happened in it. The server need not render again what stands here.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.path.startsWith("/console/suggestions")) return;
  if (event.detail.verb !== "get") return;
  const shown = event.detail.target?.querySelector?.("[data-offer]");
  if (shown) event.detail.parameters.shown = shown.dataset.offer;
});
