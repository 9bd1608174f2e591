/** Builds what is seen. Every word goes in as text, never as markup. */

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

/** Put values into a sentence: fill("dial {number}", {number: 110}). */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** The words; the hotlines among them dial when tapped, and no ticket or phone number breaks over two lines. */
export function words(text, say) {
  const number = new RegExp(say.numbers, "g");
  const pieces = [];
  let from = 0;
  for (let found = number.exec(text); found; found = number.exec(text)) {
    pieces.push(text.slice(from, found.index), figure(found[1], found[2], text.charAt(number.lastIndex), say));
    from = number.lastIndex;
  }
  return pieces.concat(text.slice(from));
}

function figure(digits, stop, next, say) {
  const dials = say.hotlines.includes(digits) && !say.units.includes(next || " ");
  const label = fill(say.call, { number: digits });
  const shown = dials ? build("a", { href: `tel:${digits}`, "aria-label": label }, digits) : digits;
  return build("span", { class: "figure" }, shown, stop);
}

function clock(instant, say) {
  const time = `${String(instant.getHours()).padStart(2, "0")}:${String(instant.getMinutes()).padStart(2, "0")}`;
  if (instant.toDateString() === new Date().toDateString()) return time;
  return fill(say.day, { month: instant.getMonth() + 1, day: instant.getDate(), time });
}

function bubble(role, text, say, ...more) {
  return build(
    "div",
    { class: `message ${role}` },
    build("p", { class: "who" }, build("b", {}, say.roles[role]), " "),
    build("p", { class: "text" }, ...words(text, say)),
    ...more,
  );
}

function stamp(element, createdAt, say) {
  const instant = new Date(createdAt);
  const when = build("time", { datetime: createdAt }, clock(instant, say));
  element.querySelector(".who").append(when);
  element.at = instant.getTime();
}

function documentName(citation, say) {
  const title = citation.title;
  return title.startsWith("《") ? title : fill(say.document_title, { title });
}

function source(citation, say) {
  const facts = [];
  if (citation.document_no) facts.push(fill(say.document_no, citation));
  if (citation.effective_from) {
    const [year, month, day] = citation.effective_from.split("-").map(Number);
    facts.push(fill(say.effective, { year, month, day }));
  }
  if (citation.status && citation.status !== say.in_force) facts.push(fill(say.not_in_force, citation));
  return build(
    "details",
    {},
    build("summary", {}, `${documentName(citation, say)}${citation.article || ""}`),
    ...facts.map((fact) => build("p", { class: "fact" }, fact)),
    build("blockquote", { "aria-label": say.quote }, citation.text),
  );
}

function evidence(citations, say) {
  return build(
    "section",
    { class: "evidence", "aria-label": say.evidence },
    build("p", { class: "evidence-title" }, say.evidence),
    ...citations.map((citation) => source(citation, say)),
  );
}

function choices(buttons, choose) {
  return build(
    "div",
    { class: "choices" },
    ...buttons.map(({ title, payload }) => build("button", { type: "button", onclick: () => choose(payload) }, title)),
  );
}

/** A message the hotline has, with its evidence and its buttons. */
export function said(message, say, choose) {
  const more = [];
  if (message.citations.length) more.push(evidence(message.citations, say));
  if (message.buttons.length) more.push(choices(message.buttons, choose));
  const element = bubble(message.role, message.text, say, ...more);
  stamp(element, message.created_at, say);
  return element;
}

/** The citizen's own words on their way; `showState` says how they fare. */
export function onItsWay(item, say) {
  const element = item.call ? build("div", { class: "note" }, say.person_pending) : bubble("citizen", item.text, say);
  element.append(build("div", { class: "state", role: "status" }));
  return element;
}

/** Show how words on their way fare, with what the citizen may do about it. */
export function showState(element, item, say, { retry, edit }) {
  const state = element.querySelector(".state");
  if (!state) return;
  const act = (label, action) => build("button", { type: "button", onclick: action }, label);
  element.classList.toggle("troubled", item.state !== "sending");
  if (item.state === "sending") state.replaceWith(build("div", { class: "state", role: "status" }, say.sending));
  else if (item.state === "retrying") state.replaceWith(stateLine(say.retrying, act(say.retry, retry)));
  else state.replaceWith(stateLine(item.reason || say.refused, act(say.edit, edit)));
}

function stateLine(text, button) {
  return build("div", { class: "state", role: "status" }, text, " ", button);
}

/** The hotline has the words now: no state any more, and the time it got them. */
export function settle(element, createdAt, say) {
  const state = element.querySelector(".state");
  if (state) state.remove();
  element.classList.remove("troubled");
  if (createdAt && element.at === undefined) stamp(element, createdAt, say);
}

export function note(text) {
  const element = build("div", { class: "note" }, text);
  element.at = Date.now();
  return element;
}
