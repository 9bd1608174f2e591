/** Makes elements out of words. Every word goes in as text, never as markup. */

/** Create an element; `on…` properties are listeners, the rest attributes; children are nodes or text. */
export function build(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  Object.keys(properties).forEach((name) => {
    const value = properties[name];
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  });
  element.append(...children);
  return element;
}

export function button(label, onclick, properties = {}) {
  return build("button", Object.assign({ type: "button", onclick }, properties), label);
}

/** Put values into a sentence: fill("dial {number}", {number: 110}). */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** Cut a text at its numbers: calls figure(digits, mark behind, character after) for each; gives all pieces. */
function atNumbers(text, say, figure) {
  const number = new RegExp(say.numbers, "g");
  const pieces = [];
  let from = 0;
  for (let found = number.exec(text); found; found = number.exec(text)) {
    pieces.push(text.slice(from, found.index), figure(found[1], found[2], text.charAt(number.lastIndex)));
    from = number.lastIndex;
  }
  return pieces.concat(text.slice(from));
}

function dials(digits, next, say) {
  return say.hotlines.includes(digits) && !say.units.includes(next || " ");
}

/** The words; the hotlines among them dial when tapped, and no ticket or phone number breaks over two lines. */
export function words(text, say) {
  return atNumbers(text, say, (digits, stop, next) => {
    const label = fill(say.call, { number: digits });
    const shown = dials(digits, next, say) ? build("a", { href: `tel:${digits}`, "aria-label": label }, digits) : digits;
    return build("span", { class: "figure" }, shown, stop);
  });
}

/** The words as they are to be spoken: telephone and ticket numbers figure by figure. */
export function spoken(text, say) {
  const oneByOne = (digits, stop, next) =>
    (dials(digits, next, say) || digits.length > 7 ? digits.replace(/\D/g, " ").split("").join(" ") : digits) + stop;
  return atNumbers(text, say, oneByOne).join("");
}
