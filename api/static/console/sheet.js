// The ticket form of a talk: fields that the agent changed are hers, a place is chosen by its button.

export const sheet = () => document.getElementById("sheet");
const field = (name) => sheet().querySelector(`[data-field="${name}"]`);
const hand = () => sheet().elements.by_hand;

export function byHand(name) {
  const box = field(name);
  if (!box || "byHand" in box.dataset) return;
  box.dataset.byHand = "";
  box.classList.remove("in-doubt");
  const names = new Set(hand().value.split(" ").filter(Boolean));
  hand().value = [...names.add(name)].join(" ");
}

export const isByHand = (name) => {
  const box = field(name);
  return Boolean(box) && "byHand" in box.dataset;
};

/** What was sent may be sent again, but not by the same click. */
function sendOnce(event) {
  if (event.submitter && event.submitter.hasAttribute("formaction")) return;
  const button = document.getElementById("file");
  if (button.disabled) return event.preventDefault();
  setTimeout(() => (button.disabled = true));
}

export function pick(button) {
  const place = sheet().elements.place;
  place.value = button.dataset.pick;
  byHand("place");
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.focus();
}

/** The next field that is in doubt behind the one with the focus, the first again after the last. */
export function nextDoubt() {
  const boxes = [...sheet().querySelectorAll(".in-doubt")];
  if (!boxes.length) return document.getElementById("file").focus();
  const here = document.activeElement.closest("[data-field]");
  const behind = boxes.find((box) => here && here.compareDocumentPosition(box) & Node.DOCUMENT_POSITION_FOLLOWING);
  const input = (behind || boxes[0]).querySelector("input, select, textarea");
  input.focus();
  if (input.select) input.select();
}

export function listen() {
  const form = sheet();
  form.addEventListener("input", (event) => {
    const box = event.target.closest("[data-field]");
    if (box && event.isTrusted) byHand(box.dataset.field);
  });
  form.addEventListener("submit", sendOnce);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick]");
    if (!button) return;
    event.preventDefault();
    pick(button);
  });
  // A page taken out of the browser's memory (back) may be sent again; the hotline files it once.
  addEventListener("pageshow", () => (document.getElementById("file").disabled = false));
}

export function shortcut(event, keys) {
  const name = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey ? event.code : "";
  if (!keys[name]) return;
  event.preventDefault();
  keys[name]();
}
