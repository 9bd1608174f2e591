/** Builds what was said and what is on its way. */
import { build, button, fill, words } from "./build.js";
import { evidence, opinion, promised, ticketCard } from "./cards.js";

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

function choices(buttons, choose) {
  // Long titles, as of questions to choose from, get a line each: a thumb hits them.
  const long = buttons.some(({ title }) => title.length > 8);
  return build(
    "div",
    { class: long ? "choices long" : "choices" },
    ...buttons.map(({ title, payload }) => button(title, () => choose(payload))),
  );
}

function aloud(text, reader, say) {
  const toggle = button(say.read, () => {
    if (toggle.textContent === say.read_stop) return reader.stop();
    reader.read(text, () => (toggle.textContent = say.read));
    toggle.textContent = say.read_stop;
  }, { class: "aloud" });
  return toggle;
}

/**
 * A message the hotline has, with what stands below it.
 * @param {{choose, reader, opinionOf, giveOpinion, isNewTicket}} actions
 */
export function said(message, say, actions) {
  const { id, role, text, citations, buttons } = message;
  const more = [];
  if (role === "assistant") {
    const fresh = promised(text, say).filter(actions.isNewTicket);
    fresh.forEach((ticket) => more.push(ticketCard(ticket, say)));
  }
  if (citations.length) more.push(evidence(citations, say));
  if (buttons.length) more.push(choices(buttons, actions.choose));
  if (role !== "citizen") more.push(aloud(text, actions.reader, say));
  if (role === "assistant" && citations.length) {
    const give = (helpful, reason) => actions.giveOpinion(id, helpful, reason);
    more.push(opinion(actions.opinionOf(id), give, say));
  }
  const element = bubble(role, text, say, ...more);
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
  element.classList.toggle("troubled", item.state !== "sending");
  if (item.state === "sending") state.replaceWith(build("div", { class: "state", role: "status" }, say.sending));
  else if (item.state === "retrying") state.replaceWith(stateLine(item.reason || say.retrying, button(say.retry, retry)));
  else state.replaceWith(stateLine(item.reason || say.refused, button(say.edit, edit)));
}

function stateLine(text, act) {
  return build("div", { class: "state", role: "status" }, text, " ", act);
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
