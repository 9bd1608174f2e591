/**
 * Words on their way: each is kept on the device until the hotline has answered it, sent in order, one at
 * a time, again and again under the same id. A reload in between changes nothing.
 */
import { forget, keysOf, newId, recall, remember } from "./memory.js";
import { Patience } from "./patience.js";

export class Outbox {
  /**
   * @param {string} prefix key of the kept items
   * @param {(item) => Promise} deliver resolves when the hotline has taken the item; rejects with an error
   *   whose `final` is true when sending it again cannot help
   * @param {{changed: (item, failure) => void, delivered: (item, answer) => void}} watcher
   */
  constructor(prefix, deliver, watcher) {
    this.prefix = prefix;
    this.deliver = deliver;
    this.watcher = watcher;
    this.patience = new Patience();
    this.running = false;
    this.items = keysOf(prefix)
      .map((key) => recall(key))
      .filter((item) => item && item.id)
      .sort((one, other) => one.order - other.order);
    this.items.forEach((item) => (item.state = "sending"));
  }

  /** Keep the words; `extra` travels with the item. Returns the item. */
  add(text, extra = {}) {
    const last = this.items[this.items.length - 1];
    const order = Math.max(Date.now(), last ? last.order + 1 : 0);
    const item = Object.assign({ id: newId(), text, order, state: "sending" }, extra);
    this.items.push(item);
    remember(this.prefix + item.id, item);
    this.watcher.changed(item);
    this.wake();
    return item;
  }

  /** Take an item back, for editing. */
  drop(item) {
    this.items = this.items.filter((other) => other !== item);
    forget(this.prefix + item.id);
  }

  /** Try now, whatever the waiting time. */
  wake() {
    this.patience.wake();
    this.run();
  }

  get next() {
    return this.items.find((item) => item.state !== "refused");
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.next) await this.attempt(this.next);
    this.running = false;
  }

  async attempt(item) {
    try {
      const answer = await this.deliver(item);
      this.patience.relax();
      this.drop(item);
      this.watcher.delivered(item, answer);
    } catch (error) {
      item.state = error.final ? "refused" : "retrying";
      item.reason = error.final || error.status === 429 ? error.message : "";
      this.watcher.changed(item, error);
      if (!error.final) await this.patience.wait(error.retryAfterMs || 0);
    }
  }
}
