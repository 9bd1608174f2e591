/**
 * <hotline-chat data-texts='{…}' data-region="430000" data-max="2000">: the citizen's chat, whole.
 * Runs in old browsers of cheap phones: no framework, no build step, no syntax younger than 2018.
 */
import { Conversation } from "./conversation.js";
import { recall, remember } from "./memory.js";
import { Transcript } from "./transcript.js";
import { build, fill, words } from "./view.js";

const SIZES = [18, 22, 26, 30];
const LONG_WAIT_MS = 8000;
// A line that mends itself within this time is not worth frightening anyone.
const QUIET_MS = 4000;
// A phone that slept this long has probably lost its line without noticing.
const ASLEEP_MS = 20000;

function stylesheet(name) {
  return build("link", { rel: "stylesheet", href: new URL(name, import.meta.url) });
}

/** Resolves when a stylesheet is there, or will never be: words without colours are better than none. */
function loaded(style) {
  return new Promise((done) => {
    style.addEventListener("load", done);
    style.addEventListener("error", done);
  });
}

class HotlineChat extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.say = JSON.parse(this.dataset.texts);
    this.max = Number(this.dataset.max) || 2000;
    const root = this.attachShadow({ mode: "open" });
    this.box = build("div", { class: "chat", lang: "zh-CN", hidden: true });
    const styles = ["chat.css", "messages.css"].map(stylesheet);
    root.append(...styles, this.box);
    Promise.all(styles.map(loaded)).then(() => {
      this.box.hidden = false;
      this.grow();
    });
    this.draw();
    this.resize(recall("hotline-size") || SIZES[0]);
    this.listen();
    this.begin();
  }

  draw() {
    const say = this.say;
    const leave = build("button", { type: "button", class: "leave", onclick: () => this.askToLeave() }, say.leave);
    this.places = {
      log: build("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": say.log }),
      pending: build("div", { class: "pending" }),
    };
    const { log, pending } = this.places;
    this.places.scroll = build("div", { class: "scroll", tabindex: "0" }, leave, log, pending);
    this.typing = build("p", { class: "typing", role: "status" });
    this.line = build("p", { class: "line", role: "status" });
    this.input = build("textarea", {
      id: "words", rows: "1", maxlength: String(this.max), placeholder: say.placeholder,
      enterkeyhint: "send", autocomplete: "off", "aria-label": say.input, "aria-describedby": "full",
    });
    this.full = build("p", { id: "full", class: "full", role: "status" });
    this.form = build(
      "form", { class: "write" }, this.full, this.input, build("button", { type: "submit", class: "send" }, say.send),
    );
    this.box.append(this.header(), this.places.scroll, this.footer());
  }

  header() {
    const say = this.say;
    const size = (label, name, step) =>
      build("button", { type: "button", "aria-label": name, onclick: () => this.step(step) }, label);
    const numbers = say.emergency_numbers.map(({ number, name }) =>
      build("a", { href: `tel:${number}` }, build("b", {}, number), " ", build("span", {}, name)));
    return build(
      "header", {},
      build("div", { class: "top" },
        build("h1", {}, say.title),
        build("div", { class: "sizes" }, size(say.smaller, say.smaller_label, -1), size(say.larger, say.larger_label, 1))),
      build("p", { class: "promise" }, say.promise),
      build("nav", { class: "emergency", "aria-label": say.emergency }, ...numbers),
    );
  }

  footer() {
    const say = this.say;
    const person = () => this.conversation.askForPerson();
    return build(
      "footer", {},
      this.line,
      build("div", { class: "tools" },
        build("button", { type: "button", class: "person", "aria-label": say.person_label, onclick: person }, say.person),
        this.typing),
      this.form,
    );
  }

  begin() {
    const listener = {
      message: (message, sequence) => this.transcript.add(message, sequence),
      changed: (item) => this.follow(item),
      delivered: (item, turn) => {
        this.transcript.settled(item, turn);
        this.showTyping();
      },
      line: (state) => this.showLine(state),
      renewed: () => this.transcript.note(this.say.new_conversation),
    };
    this.conversation = new Conversation(this.dataset.region, listener);
    this.transcript = new Transcript(this.places, this.say, {
      choose: (payload) => this.send(payload),
      retry: () => this.conversation.wake(),
      edit: (item) => this.takeBack(item),
    });
    if (this.conversation.key) this.transcript.expectRush();
    this.conversation.waiting.forEach((item) => this.follow(item));
    this.input.value = recall("hotline.draft") || "";
    this.grow();
    this.conversation.start();
    this.showLine(navigator.onLine ? "open" : "broken");
  }

  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendWritten();
    });
    this.input.addEventListener("keydown", (event) => {
      // 229: browsers that compose Chinese without saying so.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.sendWritten();
    });
    this.input.addEventListener("input", () => {
      remember("hotline.draft", this.input.value);
      this.grow();
    });
    window.addEventListener("online", () => this.conversation.reconnect());
    window.addEventListener("offline", () => this.showLine("broken"));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.hiddenAt = Date.now();
      else if (Date.now() - this.hiddenAt > ASLEEP_MS) this.conversation.reconnect();
      else this.conversation.wake();
    });
  }

  sendWritten() {
    const text = this.input.value.trim();
    if (!text) return;
    this.send(text);
    this.input.value = "";
    remember("hotline.draft", "");
    this.grow();
  }

  send(text) {
    this.transcript.retireChoices();
    this.transcript.endRush();
    this.conversation.say(text);
    // On a phone the keyboard goes away, so that the answer can be read; at a desk the next words are typed at once.
    if (matchMedia("(pointer: fine)").matches) this.input.focus();
    else this.places.scroll.focus({ preventScroll: true });
  }

  takeBack(item) {
    this.conversation.takeBack(item);
    this.transcript.untrack(item);
    this.input.value = [item.text, this.input.value].filter(Boolean).join("\n");
    remember("hotline.draft", this.input.value);
    this.grow();
    this.input.focus();
  }

  follow(item) {
    this.transcript.track(item);
    this.showTyping();
  }

  showTyping() {
    const next = this.conversation.words.next;
    const waits = next && next.state === "sending";
    clearTimeout(this.longWait);
    this.typing.textContent = waits ? this.say.typing : "";
    this.typing.classList.toggle("busy", Boolean(waits));
    if (waits) this.longWait = setTimeout(() => (this.typing.textContent = this.say.typing_long), LONG_WAIT_MS);
  }

  showLine(state) {
    clearTimeout(this.quiet);
    const tell = () => {
      const told = navigator.onLine ? this.say.unreachable : this.say.offline;
      if (this.line.textContent === told) return;
      this.line.textContent = "";
      this.line.append(...words(told, this.say));
    };
    if (state === "open") this.line.textContent = "";
    else if (navigator.onLine) this.quiet = setTimeout(tell, QUIET_MS);
    else tell();
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight + 4}px`;
    this.full.textContent = this.input.value.length >= this.max ? fill(this.say.full, { max: this.max }) : "";
  }

  step(by) {
    const at = SIZES.indexOf(this.size) + by;
    this.resize(SIZES[Math.min(Math.max(at, 0), SIZES.length - 1)]);
  }

  resize(size) {
    this.size = SIZES.includes(size) ? size : SIZES[0];
    this.box.style.setProperty("--size", `${this.size}px`);
    remember("hotline-size", this.size);
    const [smaller, larger] = this.box.querySelectorAll(".sizes button");
    smaller.disabled = this.size === SIZES[0];
    larger.disabled = this.size === SIZES[SIZES.length - 1];
    this.grow();
  }

  /** On a shared phone the next person must not read this: asked once, then gone. */
  askToLeave() {
    const close = () => {
      asked.remove();
      this.box.querySelector(".leave").focus();
    };
    const leave = () => {
      close();
      this.conversation.erase();
      this.places.log.textContent = "";
      this.places.pending.textContent = "";
      this.begin();
    };
    const no = build("button", { type: "button", onclick: close }, this.say.leave_no);
    const asked = build(
      "div", { class: "asked", role: "alertdialog", "aria-label": this.say.leave, "aria-describedby": "leave-ask" },
      build("p", { id: "leave-ask" }, this.say.leave_ask),
      build("button", { type: "button", class: "yes", onclick: leave }, this.say.leave_yes), no,
    );
    asked.addEventListener("keydown", (event) => event.key === "Escape" && close());
    this.box.append(asked);
    no.focus();
  }
}

if (!customElements.get("hotline-chat")) customElements.define("hotline-chat", HotlineChat);
