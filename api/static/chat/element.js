/**
 * <hotline-chat data-texts='{…}' data-script="hans" data-region="430000" data-max="2000">: the citizen's chat, whole.
 * `data-page`: it is a page by itself, not a part of another one.
 * Runs in old browsers of cheap phones: no framework, no build step, no syntax younger than 2018.
 */
import { build, button, fill, words } from "./build.js";
import { Conversation } from "./conversation.js";
import { head, keepForOffline, opensInOtherScript } from "./frame.js";
import { recall, remember } from "./memory.js";
import { question } from "./menu.js";
import { Transcript } from "./transcript.js";
import { canDictate, Dictation, Reader } from "./voice.js";

const SIZES = [18, 22, 26, 30];
// From here on targets grow too.
const LARGE = 26;
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
    this.script = this.dataset.script === "hant" ? "hant" : "hans";
    this.say.script = this.script;
    this.alone = "page" in this.dataset;
    if (opensInOtherScript(this)) return;
    keepForOffline(this);
    const root = this.attachShadow({ mode: "open" });
    this.box = build("div", { class: "chat", lang: this.script === "hant" ? "zh-Hant" : "zh-CN", hidden: true });
    const styles = ["chat.css", "messages.css"].map(stylesheet);
    // Until the styles are there, the page's own few words stay in sight.
    const meanwhile = build("slot");
    root.append(...styles, meanwhile, this.box);
    Promise.all(styles.map(loaded)).then(() => {
      meanwhile.remove();
      this.textContent = "";
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
    this.places = {
      log: build("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": say.log }),
      pending: build("div", { class: "pending" }),
    };
    const { log, pending } = this.places;
    this.places.scroll = build("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": say.log }, log, pending);
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
    const { header, menu } = head(this);
    // The top, with the numbers for danger, is never covered.
    this.middle = build("div", { class: "middle" }, this.places.scroll, menu);
    this.box.append(header, this.middle, this.footer());
    this.reader = new Reader(say, (can) => this.box.classList.toggle("speaks", can));
  }

  footer() {
    const say = this.say;
    const person = button(say.person, () => this.conversation.askForPerson(), { class: "person", "aria-label": say.person_label });
    const tools = build("div", { class: "tools" }, person);
    if (canDictate) tools.append(this.dictationButton());
    tools.append(this.typing);
    return build("footer", {}, this.line, tools, this.form);
  }

  dictationButton() {
    const say = this.say;
    let before = "";
    const toggle = button(say.dictate, () => {
      if (dictation.listening) return dictation.stop();
      before = this.input.value;
      this.reader.stop();
      dictation.start();
      show(true);
    }, { class: "dictate", "aria-pressed": "false" });
    const show = (listening) => {
      toggle.textContent = listening ? say.dictate_stop : say.dictate;
      toggle.setAttribute("aria-pressed", String(listening));
    };
    const dictation = new Dictation({
      words: (text) => this.write((before + text).slice(0, this.max)),
      ended: (failure) => {
        show(false);
        if (failure && failure !== "aborted") this.tell(failure === "no-speech" ? say.dictate_silence : say.dictate_failed);
      },
    });
    this.dictation = dictation;
    return toggle;
  }

  begin() {
    this.trouble = { line: null, words: null };
    const listener = {
      message: (message, sequence) => this.transcript.add(message, sequence),
      changed: (item, failure) => this.follow(item, failure),
      delivered: (item, turn) => {
        this.transcript.settled(item, turn);
        this.showTyping();
        this.troubled("words", null);
      },
      line: (state, failure) => this.troubled("line", state === "open" ? null : failure || {}),
      renewed: () => this.transcript.note(this.say.new_conversation),
    };
    this.conversation = new Conversation({ region: this.dataset.region, script: this.script }, listener);
    this.transcript = new Transcript(this.places, this.say, {
      choose: (payload) => this.send(payload),
      retry: () => this.conversation.wake(),
      edit: (item) => this.takeBack(item),
      reader: this.reader,
      opinionOf: (id) => this.conversation.opinionOf(id),
      giveOpinion: (id, helpful, reason) => this.conversation.giveOpinion(id, helpful, reason),
    });
    if (this.conversation.key) this.transcript.expectRush();
    this.conversation.waiting.forEach((item) => this.follow(item));
    this.input.value = recall("hotline.draft") || "";
    this.grow();
    this.conversation.start();
    if (!navigator.onLine) this.troubled("line", {});
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
    this.input.addEventListener("input", () => this.keepDraft());
    window.addEventListener("online", () => this.conversation.reconnect());
    window.addEventListener("offline", () => this.troubled("line", {}));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.hiddenAt = Date.now();
      else if (Date.now() - this.hiddenAt > ASLEEP_MS) this.conversation.reconnect();
      else this.conversation.wake();
    });
  }

  /** Put text into the box, as if she had typed it. */
  write(text) {
    this.input.value = text;
    this.keepDraft();
  }

  keepDraft() {
    remember("hotline.draft", this.input.value);
    this.grow();
  }

  sendWritten() {
    const text = this.input.value.trim();
    if (!text) return;
    if (this.dictation) this.dictation.stop();
    this.send(text);
    this.write("");
  }

  send(text) {
    this.reader.stop();
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
    this.write([item.text, this.input.value].filter(Boolean).join("\n"));
    this.input.focus();
  }

  follow(item, failure) {
    this.transcript.track(item);
    this.showTyping();
    if (item.state !== "sending") this.troubled("words", item.state === "retrying" ? failure : null);
  }

  showTyping() {
    const next = this.conversation.words.next;
    const waits = next && next.state === "sending";
    clearTimeout(this.longWait);
    this.typing.textContent = waits ? this.say.typing : "";
    this.typing.classList.toggle("busy", Boolean(waits));
    if (waits) this.longWait = setTimeout(() => (this.typing.textContent = this.say.typing_long), LONG_WAIT_MS);
  }

  /** What does not work, `line` or `words`, and why; null: it works again. */
  troubled(what, failure) {
    this.trouble[what] = failure;
    const worst = this.trouble.words || this.trouble.line;
    clearTimeout(this.quiet);
    if (!worst) return this.tell("");
    if (!navigator.onLine) return this.tell(this.say.offline);
    const why = worst.status === 429 && worst.message;
    const told = why || (worst.status >= 500 ? this.say.busy : this.say.unreachable);
    this.quiet = setTimeout(() => this.tell(told), QUIET_MS);
  }

  /** Say something above the box; nothing: take it away. */
  tell(text) {
    if (this.line.textContent === text) return;
    this.line.textContent = "";
    this.line.append(...words(text, this.say));
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
    const large = this.size >= LARGE;
    this.box.style.setProperty("--size", `${this.size}px`);
    this.box.classList.toggle("large", large);
    remember("hotline-size", this.size);
    this.box.querySelector(".enlarge").setAttribute("aria-pressed", String(large));
    this.box.querySelector(".smaller").disabled = this.size === SIZES[0];
    this.box.querySelector(".larger").disabled = this.size === SIZES[SIZES.length - 1];
    this.grow();
  }

  enlarge() {
    this.resize(this.size >= LARGE ? SIZES[0] : LARGE);
  }

  /** What was said, saved as a file. */
  save() {
    this.conversation.file().then(
      ({ name, content }) => {
        const address = URL.createObjectURL(content);
        build("a", { href: address, download: name || this.say.save_name }).click();
        setTimeout(() => URL.revokeObjectURL(address), 60000);
      },
      () => this.tell(this.say.save_failed),
    );
  }

  /** On a shared phone the next person must not read this: asked once, then gone. */
  askToLeave() {
    const { leave: title, leave_ask: text, leave_yes: yes, leave_no: no } = this.say;
    question(this.middle, { title, text, yes, no }, () => {
      this.conversation.erase();
      this.beginAnew();
    });
  }

  /** The hotline itself shall forget; the tickets stay, because people work on them. */
  askToErase() {
    const say = this.say;
    const { erase: title, erase_ask: text, erase_yes: yes, erase_no: no } = say;
    const act = async () => {
      let kept;
      try {
        kept = await this.conversation.eraseEverywhere();
      } catch (failure) {
        throw new Error(failure.status === 429 && failure.message ? failure.message : say.erase_failed);
      }
      this.beginAnew();
      const numbers = kept.join(say.and);
      this.transcript.note(kept.length ? fill(say.erased_but, { numbers }) : say.erased);
    };
    question(this.middle, { title, text, yes, no }, act);
  }

  beginAnew() {
    this.reader.stop();
    this.places.log.textContent = "";
    this.places.pending.textContent = "";
    this.begin();
  }
}

if (!customElements.get("hotline-chat")) customElements.define("hotline-chat", HotlineChat);
