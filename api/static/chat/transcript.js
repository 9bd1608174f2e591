/**
 * The list of what was said, in order, each message once, with the citizen's own words joined to the copy
 * that comes back from the hotline. Below it stand the words that are still on their way.
 */
import { note, onItsWay, said, settle, showState } from "./view.js";

// Restored messages come in one rush; a pause this long means that the rest is new.
const RUSH_MS = 600;
// Messages this close together belong to one reply: it is read from its top.
const ONE_REPLY_MS = 2500;

export class Transcript {
  /**
   * @param {{scroll: HTMLElement, log: HTMLElement, pending: HTMLElement}} places where it scrolls, where
   *   messages go (read aloud by screen readers), and below them where words on their way stand
   */
  constructor({ scroll, log, pending }, say, actions) {
    this.scroll = scroll;
    this.log = log;
    this.pending = pending;
    this.say = say;
    this.actions = actions;
    this.shown = new Map();
    this.mine = new Map();
    this.promises = new Set();
    this.top = null;
    this.lastAdded = 0;
  }

  /** The next messages are old ones: go to their end and do not read them aloud. */
  expectRush() {
    this.log.setAttribute("aria-live", "off");
    this.rushing = true;
    this.rushTimer = setTimeout(() => this.endRush(), 8000);
  }

  endRush() {
    clearTimeout(this.rushTimer);
    this.rushing = false;
    this.log.setAttribute("aria-live", "polite");
  }

  /** Words on their way, or how they fare. */
  track(item) {
    let own = this.mine.get(item.id);
    if (!own) {
      own = { item, element: onItsWay(item, this.say), arrived: false };
      this.mine.set(item.id, own);
      this.pending.append(own.element);
      this.reveal(own.element);
    }
    const actions = { retry: this.actions.retry, edit: () => this.actions.edit(item) };
    if (own.arrived) return;
    const calm = !own.element.classList.contains("troubled");
    showState(own.element, item, this.say, actions);
    if (calm && item.state !== "sending") this.reveal(own.element);
  }

  /** The words were taken back for editing. */
  untrack(item) {
    this.mine.get(item.id).element.remove();
    this.mine.delete(item.id);
  }

  /** The hotline has answered the item: its words stand before the replies. */
  settled(item, turn) {
    const own = this.mine.get(item.id);
    if (!own) return;
    if (item.call) return this.untrack(item);
    if (own.joined) this.mine.delete(item.id);
    if (own.arrived) return;
    const before = turn.messages.length ? turn.messages[0].created_at : new Date().toISOString();
    this.arrive(own, before);
  }

  /** Something that was said; the same message again changes nothing. */
  add(message, sequence) {
    if (this.shown.has(message.id)) return;
    const own = message.role === "citizen" ? this.ownOf(message, sequence) : null;
    if (own === "unsure") return;
    if (own) {
      // Kept until the item is settled: its answer may still be lost and asked for again.
      own.joined = true;
      this.arrive(own, message.created_at);
      this.shown.set(message.id, own.element);
      return;
    }
    if (message.role === "citizen") this.retireChoices();
    const element = said(message, this.say, Object.assign({ isNewTicket: this.isNewTicket.bind(this) }, this.actions));
    this.shown.set(message.id, element);
    this.place(element);
  }

  /** A ticket's card is shown once, and again when something else is promised. */
  isNewTicket({ number, due }) {
    const promise = `${number} ${due}`;
    const fresh = !this.promises.has(promise);
    this.promises.add(promise);
    return fresh;
  }

  note(text) {
    const element = note(text);
    this.log.append(element);
    this.reveal(element);
  }

  /** The tracked words that this message is the hotline's copy of. */
  ownOf(message, sequence) {
    const named = message.client_message_id;
    if (named) return this.mine.get(named) || null;
    const same = Array.from(this.mine.values()).filter((own) => !own.joined && own.item.text === message.text);
    if (!same.length) return null;
    // Without a sequence an earlier message with the same words cannot be told apart: wait for the stream.
    if (sequence === null) return "unsure";
    return same.find((own) => sequence > own.item.after) || null;
  }

  arrive(own, createdAt) {
    settle(own.element, createdAt, this.say);
    if (own.arrived) return;
    own.arrived = true;
    this.retireChoices();
    this.place(own.element);
  }

  /** Into the log by time; messages rarely come out of order, so the search starts at the end. */
  place(element) {
    let before = this.log.lastElementChild;
    while (before && before.at > element.at) before = before.previousElementSibling;
    this.log.insertBefore(element, before ? before.nextElementSibling : this.log.firstElementChild);
    this.reveal(element);
  }

  /** Buttons belong to the last question only. */
  retireChoices() {
    this.log.querySelectorAll(".choices").forEach((choices) => choices.remove());
  }

  /** Scroll so that everything new is in sight from its top. */
  reveal(element) {
    if (this.rushing) {
      clearTimeout(this.rushTimer);
      this.rushTimer = setTimeout(() => this.endRush(), RUSH_MS);
      this.scroll.scrollTop = this.scroll.scrollHeight;
      return;
    }
    const now = Date.now();
    const own = element.classList.contains("citizen");
    if (own || !this.top || now - this.lastAdded > ONE_REPLY_MS) this.top = element;
    this.lastAdded = now;
    this.scroll.scrollTop = this.top.offsetTop - 8;
  }
}
