/** The top of the chat: who answers, the numbers for danger, and the menu; and how a page by itself starts. */
import { build, button } from "./build.js";
import { address } from "./http.js";
import { recall, remember } from "./memory.js";
import { menu } from "./menu.js";

const SCRIPT = "hotline-script";

/** The header and its menu: {header, menu}. */
export function head(chat) {
  const say = chat.say;
  const enlarge = button(say.large, () => chat.enlarge(), { class: "enlarge", "aria-label": say.large_label });
  const { opener, panel } = menu(say.more, say.close_menu, entries(chat));
  const numbers = say.emergency_numbers.map(({ number, name }) =>
    build("a", { href: `tel:${number}` }, build("b", {}, number), " ", build("span", {}, name)));
  const header = build(
    "header", {},
    build("div", { class: "top" }, build("h1", {}, say.title), build("div", { class: "sizes" }, enlarge, opener)),
    build("p", { class: "promise" }, say.promise),
    build("nav", { class: "emergency", "aria-label": say.emergency }, ...numbers),
  );
  return { header, menu: panel };
}

function entries(chat) {
  const { say, script } = chat;
  const size = (label, name, step, kind) =>
    button(label, () => chat.step(step), { class: kind, "aria-label": name, "data-stays": true });
  const all = [
    build("div", { class: "row" },
      size(say.smaller, say.smaller_label, -1, "smaller"), size(say.larger, say.larger_label, 1, "larger")),
    link(chat, say.progress_page, `progress?script=${script}`),
    button(say.save, () => chat.save()),
    button(say.leave, () => chat.askToLeave()),
    button(say.erase, () => chat.askToErase()),
  ];
  if (chat.alone) all.splice(1, 0, otherScript(chat));
  return all;
}

function link(chat, label, path) {
  const elsewhere = chat.alone ? {} : { target: "_blank", rel: "noopener" };
  return build("a", Object.assign({ class: "as-button", href: address(path) }, elsewhere), label);
}

function otherScript({ say, script }) {
  const other = script === "hant" ? "hans" : "hant";
  const keep = () => remember(SCRIPT, other);
  return build("a", { class: "as-button", href: `?script=${other}`, lang: `zh-${other}`, onclick: keep }, say.other_script[script]);
}

/** Keep a page by itself for times without network. */
export function keepForOffline({ alone }) {
  if (alone && "serviceWorker" in navigator) navigator.serviceWorker.register(address("offline.js")).catch(() => {});
}

/** Whether the page is being opened again in the script that was chosen here before. */
export function opensInOtherScript({ alone, script }) {
  const chosen = recall(SCRIPT);
  if (!alone || !chosen || chosen === script || /[?&]script=/.test(location.search)) return false;
  location.replace(`?script=${chosen === "hant" ? "hant" : "hans"}`);
  return true;
}
