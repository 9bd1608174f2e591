/** Follows the events of one conversation, over fetch; over EventSource where a browser cannot stream fetch. */
import { address, open } from "./http.js";

// The hotline sends a comment every 15 s; three of them missing means a dead line.
const SILENCE_MS = 45000;

/** Cuts a text/event-stream into events, whatever the size of its pieces. */
export class EventParser {
  constructor(onEvent) {
    this.onEvent = onEvent;
    this.rest = "";
    this.id = "";
    this.data = [];
  }

  feed(text) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    lines.forEach((line) => this.line(line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  line(line) {
    if (line === "") return this.flush();
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "data") this.data.push(value);
    if (field === "id") this.id = value;
  }

  flush() {
    if (this.data.length) this.onEvent({ id: this.id, data: this.data.join("\n") });
    this.data = [];
  }
}

function eventsPath(key) {
  return `v1/conversations/${encodeURIComponent(key.id)}/events`;
}

async function followByFetch(key, after, hears, signal) {
  const cut = new AbortController();
  const stop = () => cut.abort();
  signal.addEventListener("abort", stop);
  let timer = setTimeout(stop, SILENCE_MS);
  try {
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(after) };
    const response = await open(eventsPath(key), { token: key.token, headers, signal: cut.signal });
    hears.opened();
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser((event) => hears.message(JSON.parse(event.data), Number(event.id)));
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(stop, SILENCE_MS);
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    stop();
  }
}

function followByEventSource(key, hears, signal) {
  const source = new EventSource(`${address(eventsPath(key))}?token=${encodeURIComponent(key.token)}`);
  source.onopen = hears.opened;
  source.addEventListener("message", (event) => hears.message(JSON.parse(event.data), Number(event.lastEventId)));
  return new Promise((done) => {
    const stop = () => {
      source.close();
      done();
    };
    source.onerror = stop;
    signal.addEventListener("abort", stop);
  });
}

/**
 * Follow until the line breaks or `signal` aborts.
 * @param {{opened: () => void, message: (message: object, sequence: number) => void}} hears
 */
export function follow(key, after, hears, signal) {
  const streams = typeof ReadableStream === "function" && "body" in Response.prototype;
  return streams ? followByFetch(key, after, hears, signal) : followByEventSource(key, hears, signal);
}
