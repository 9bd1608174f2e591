/**
 * One citizen's conversation: opens it, keeps its key on the device, follows its events, carries words to it.
 * Knows nothing of the page; what happens is told to a listener:
 *   message(message, sequence)   something that was said; may be told more than once (same message.id)
 *   changed(item, failure)       words on their way: item.state is sending | retrying | refused
 *   delivered(item)              the hotline has them; its replies follow as messages
 *   line(state, failure)         open | broken
 *   renewed()                    the old conversation is gone, a new one was opened
 */
import { ask } from "./http.js";
import { forget, keysOf, recall, remember } from "./memory.js";
import { Outbox } from "./outbox.js";
import { Patience } from "./patience.js";
import { follow } from "./stream.js";

const KEY = "hotline.conversation";
const OPINIONS = "hotline.opinions-given";
// Nothing heard this long after asking for events: read the transcript the plain way meanwhile.
const FIRST_WORD_MS = 6000;
const DEAF = { message() {}, changed() {}, delivered() {}, line() {}, renewed() {} };

function quietly(call) {
  return call.catch((error) => {
    // What the hotline will never take is not worth asking again, and no fault of hers.
    if (!(error.status >= 400 && error.status < 500) || error.status === 429) throw error;
  });
}

async function download(response) {
  const [, named] = /filename\*=UTF-8''([^;]+)/i.exec(response.headers.get("Content-Disposition") || "") || [];
  return { name: named ? decodeURIComponent(named) : null, content: await response.blob() };
}

export class Conversation {
  /** @param {{region: string|undefined, script: "hans"|"hant"}} wishes */
  constructor({ region, script }, listener) {
    this.region = region;
    this.script = script;
    this.listener = listener;
    this.key = recall(KEY);
    this.lastSequence = 0;
    this.patience = new Patience();
    this.ended = false;
    this.hurry = false;
    this.line = new AbortController();
    this.words = this.outbox("hotline.words.", (item, key) => this.post(item, key));
    this.calls = this.outbox("hotline.calls.", (item, key) => this.callPerson(key));
    const opine = (item) => this.withKey((key) => quietly(this.postOpinion(item, key)));
    this.opinions = new Outbox("hotline.opinion.", opine, { changed() {}, delivered() {} });
  }

  outbox(prefix, deliver) {
    return new Outbox(prefix, (item) => this.withKey((key) => deliver(item, key)), {
      changed: (item, failure) => this.listener.changed(item, failure),
      delivered: (item, turn) => {
        this.listener.delivered(item, turn);
        turn.messages.forEach((message) => this.listener.message(message, null));
      },
    });
  }

  /** Words that wait from before a reload. */
  get waiting() {
    return this.words.items.concat(this.calls.items);
  }

  start() {
    this.wake();
    this.followForever();
  }

  say(text) {
    return this.words.add(text, { after: this.lastSequence });
  }

  askForPerson() {
    if (!this.calls.items.length) this.calls.add("", { call: true });
  }

  takeBack(item) {
    this.words.drop(item);
  }

  /** Whether she found the message helpful; null when she has not said. */
  opinionOf(messageId) {
    const given = recall(OPINIONS) || {};
    return messageId in given ? given[messageId] : null;
  }

  giveOpinion(messageId, helpful, reason) {
    remember(OPINIONS, Object.assign(recall(OPINIONS) || {}, { [messageId]: helpful }));
    this.opinions.add(reason, { messageId, helpful });
  }

  /** What was said, as a file: {name: string|null, content: Blob}. */
  file() {
    const headers = { Accept: "text/plain" };
    return this.withKey((key) =>
      ask(`v1/conversations/${key.id}/transcript.txt`, { token: key.token, headers }, download));
  }

  /** Try everything again at once. */
  wake() {
    this.words.wake();
    this.calls.wake();
    this.opinions.wake();
    this.patience.wake();
  }

  /** The network is back or the phone woke up: the old line may be dead without knowing it. */
  reconnect() {
    this.hurry = true;
    this.line.abort();
    this.wake();
  }

  /** Leave nothing of this conversation on the device. */
  erase() {
    this.ended = true;
    this.listener = DEAF;
    this.words.items = [];
    this.calls.items = [];
    this.opinions.items = [];
    this.line.abort();
    keysOf("hotline.").forEach(forget);
  }

  /** Have the hotline erase it too, then this device; gives the numbers of the tickets that stay. */
  async eraseEverywhere() {
    let kept = [];
    if (this.key) {
      try {
        const path = `v1/conversations/${this.key.id}`;
        kept = (await ask(path, { method: "DELETE", token: this.key.token })).kept_tickets;
      } catch (error) {
        if (!error.conversationGone) throw error;
      }
    }
    this.erase();
    return kept;
  }

  post(item, key) {
    const body = { text: item.text, client_message_id: item.id };
    return ask(`v1/conversations/${key.id}/messages`, { method: "POST", body, token: key.token });
  }

  callPerson(key) {
    return ask(`v1/conversations/${key.id}/handover`, { method: "POST", token: key.token });
  }

  postOpinion({ messageId, helpful, text }, key) {
    const body = { message_id: messageId, helpful };
    if (text) body.reason = text;
    return ask(`v1/conversations/${key.id}/feedback`, { method: "POST", body, token: key.token });
  }

  /** Call with the conversation's key; when the hotline no longer knows it, open a new one for next time. */
  async withKey(call) {
    const key = await this.opened();
    try {
      return await call(key);
    } catch (error) {
      if (error.conversationGone) this.renew(key);
      throw error;
    }
  }

  /** The key, opening the conversation first if need be; one opening at a time. */
  opened() {
    if (this.key) return Promise.resolve(this.key);
    if (!this.opening) this.opening = this.openNow().finally(() => (this.opening = null));
    return this.opening;
  }

  async openNow() {
    const body = {};
    if (this.region) body.region = this.region;
    if (this.script !== "hans") body.script = this.script;
    const fresh = await ask("v1/conversations", { method: "POST", body });
    this.key = { id: fresh.conversation_id, token: fresh.token, script: this.script };
    if (!this.ended) remember(KEY, this.key);
    this.listener.message(fresh.greeting, null);
    return this.key;
  }

  /** The page's script was switched since the conversation was opened: its messages follow. */
  async matchScript(key) {
    if ((key.script || "hans") === this.script) return;
    const body = { script: this.script };
    await quietly(ask(`v1/conversations/${key.id}`, { method: "PATCH", body, token: key.token }));
    key.script = this.script;
    remember(KEY, key);
  }

  renew(gone) {
    if (this.key !== gone) return;
    this.key = null;
    forget(KEY);
    this.lastSequence = 0;
    this.line.abort();
    this.listener.renewed();
  }

  async followForever() {
    while (!this.ended) {
      this.line = new AbortController();
      let failure = {};
      try {
        await this.withKey((key) => this.followOnce(key));
      } catch (error) {
        failure = error;
      }
      if (this.ended) return;
      this.listener.line("broken", failure);
      if (!this.hurry) await this.patience.wait(failure.retryAfterMs || 0);
      this.hurry = false;
    }
  }

  async followOnce(key) {
    await this.matchScript(key);
    const late = setTimeout(() => this.readTranscript(key), FIRST_WORD_MS);
    const hears = {
      opened: () => {
        this.patience.relax();
        this.listener.line("open");
      },
      message: (message, sequence) => {
        clearTimeout(late);
        this.lastSequence = Math.max(this.lastSequence, sequence);
        this.listener.message(message, sequence);
      },
    };
    try {
      await follow(key, this.lastSequence, hears, this.line.signal);
    } finally {
      clearTimeout(late);
    }
  }

  /** For lines that hold back event streams: the same messages, without their sequence. */
  async readTranscript(key) {
    try {
      const { messages } = await ask(`v1/conversations/${key.id}/messages`, { token: key.token });
      messages.forEach((message) => this.listener.message(message, null));
    } catch (error) {
      if (error.conversationGone) this.renew(key);
    }
  }
}
