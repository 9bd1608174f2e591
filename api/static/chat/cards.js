/** What stands below an answer: the articles it rests on, the ticket that was filed, the citizen's opinion. */
import { build, button, fill } from "./build.js";
import { address } from "./http.js";

const REASON_CHARS = 200;

/* evidence */
function documentName(citation, say) {
  const title = citation.title;
  return title.startsWith("《") ? title : fill(say.document_title, { title });
}

function fileName(path) {
  return path.split("/").pop().replace(/\.\w{2,5}$/, "");
}

function origin(citation, say) {
  if (/^https?:\/\//.test(citation.url || "")) {
    const link = { href: citation.url, target: "_blank", rel: "noopener noreferrer" };
    return build("a", Object.assign({ class: "origin" }, link), say.source_link);
  }
  return build("p", { class: "fact" }, fill(say.source_file, { name: fileName(citation.source_file) }));
}

function card(citation, say) {
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
    origin(citation, say),
  );
}

/** The articles an answer rests on, each opening to its exact words. */
export function evidence(citations, say) {
  return build(
    "section",
    { class: "evidence", "aria-label": say.evidence },
    build("p", { class: "evidence-title" }, say.evidence),
    ...citations.map((citation) => card(citation, say)),
  );
}

/* tickets */

/** The tickets whose promise a message gives: [{number, due}]. A promise already broken is no card. */
export function promised(text, say) {
  const due = new RegExp(say.ticket_due).exec(text);
  if (!due || new RegExp(say.ticket_late).test(text)) return [];
  const numbers = text.match(new RegExp(say.ticket_number, "g")) || [];
  return Array.from(new Set(numbers), (number) => ({ number, due: due[1].trim() }));
}

export function ticketCard({ number, due }, say) {
  const told = build("p", { class: "told", role: "status" });
  const digits = build("p", { class: "digits" }, number);
  const tell = (words) => {
    told.textContent = words;
    told.scrollIntoView({ block: "nearest" });
  };
  const failed = () => {
    getSelection().selectAllChildren(digits);
    tell(say.not_copied);
  };
  const copy = () => copied(number).then(() => tell(say.copied), failed);
  const progress = address(`progress?number=${encodeURIComponent(number)}&script=${say.script || "hans"}`);
  return build(
    "section",
    { class: "ticket", "aria-label": say.ticket },
    build("p", {}, say.ticket),
    digits,
    build("p", {}, fill(say.ticket_promise, { due })),
    build(
      "div",
      { class: "row" },
      button(say.copy, copy),
      build("a", { class: "as-button", href: progress, target: "_blank", rel: "noopener" }, say.progress),
    ),
    told,
  );
}

/** Put text on the clipboard; the new way exists only on https, the old one everywhere. */
function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).catch(() => copiedBySelection(text));
  return copiedBySelection(text);
}

function copiedBySelection(text) {
  const before = document.activeElement;
  const field = build("textarea", { readonly: true, "aria-hidden": "true" });
  field.value = text;
  field.style.cssText = "position:fixed;top:0;left:-99px;width:1px;height:1px;font-size:16px";
  document.body.append(field);
  field.select();
  field.setSelectionRange(0, text.length);
  const done = document.execCommand("copy");
  field.remove();
  if (before && before.focus) before.focus({ preventScroll: true });
  return done ? Promise.resolve() : Promise.reject(new Error("copy was refused"));
}

/* opinions */

/**
 * “Did this help?”; a no may be explained, with a ready reason or in one's own words.
 * @param {boolean|null} given what was said before
 * @param {(helpful: boolean, reason: string) => void} give
 */
export function opinion(given, give, say) {
  const told = build("p", { class: "told", role: "status" });
  const yes = button(say.helpful, () => choose(true), { "aria-pressed": String(given === true) });
  const no = button(say.unhelpful, () => choose(false), { "aria-pressed": String(given === false) });
  const asked = build("p", {}, say.helpful_ask);
  const place = build("div", { class: "opinion", role: "group", "aria-label": say.helpful_ask }, asked, yes, no, told);
  let why = null;

  function choose(helpful) {
    give(helpful, "");
    yes.setAttribute("aria-pressed", String(helpful));
    no.setAttribute("aria-pressed", String(!helpful));
    told.textContent = helpful ? say.thanks : "";
    if (why) why.remove();
    why = helpful ? null : reasons(explain, say);
    if (!why) return;
    place.append(why);
    why.scrollIntoView({ block: "nearest" });
  }

  function explain(reason) {
    if (reason) give(false, reason);
    why.remove();
    why = null;
    told.textContent = say.thanks;
    no.focus();
  }

  return place;
}

function reasons(explain, say) {
  const own = build("textarea", { rows: "2", maxlength: String(REASON_CHARS), "aria-label": say.reason_own });
  own.setAttribute("placeholder", say.reason_own);
  return build(
    "div",
    { class: "reasons" },
    build("p", {}, say.reason_ask),
    ...say.reasons.map((reason) => button(reason, () => explain(reason))),
    own,
    button(say.reason_done, () => explain(own.value.trim())),
  );
}
