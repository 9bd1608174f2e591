/* Every page of the console: the event stream, who waits, whether what is shown is fresh, the danger sound.

   Parts of a page refresh themselves on events of the stream (hx-trigger="sse:…") and on `hotline:refresh`,
   which comes now and then, and often while the stream is down. */
const SECONDS = { live: 30, slow: 5 };
const find = (id) => document.getElementById(id);

/* The stream, shared between pages where the browser can do that; to htmx it looks like an EventSource. */
class SharedSource extends EventTarget {
  readyState = EventSource.CONNECTING;

  constructor(port) {
    super();
    this.port = port;
    port.onmessage = ({ data }) => this.heard(data);
    port.start();
  }

  addEventListener(name, ...rest) {
    super.addEventListener(name, ...rest);
    if (name !== "open" && name !== "error") this.port.postMessage({ listen: name });
  }

  heard({ open, down, name, data }) {
    if (open) this.say("open", EventSource.OPEN);
    if (down) this.say("error", EventSource.CONNECTING);
    if (name) this.dispatchEvent(new MessageEvent(name, { data }));
  }

  say(type, state) {
    this.readyState = state;
    const event = new Event(type);
    this[`on${type}`]?.(event);
    this.dispatchEvent(event);
  }

  close() {
    this.port.postMessage({ bye: true });
    this.readyState = EventSource.CLOSED;
  }
}

function newSource(url) {
  const { agent } = document.body.dataset;
  const source = window.SharedWorker
    ? new SharedSource(new SharedWorker("/console/stream.js", { name: `console ${agent}` }).port)
    : new EventSource(url);
  source.addEventListener("open", () => online(true));
  source.addEventListener("error", () => online(false));
  source.addEventListener("queue", ({ data }) => showQueue(JSON.parse(data)));
  source.addEventListener("signed-out", () => {
    source.close();
    signedOut();
  });
  window.addEventListener("pagehide", () => source.close());
  return source;
}
htmx.createEventSource = newSource;

/* Fresh or not */
const fresh = find("fresh");
const words = fresh && { live: fresh.textContent, ...fresh.dataset };
let up = true;
let stale = false;
let ended = false;
let at = words?.at;
let timer = 0;

function online(now) {
  const back = now && !up;
  up = now;
  tellFresh();
  plan();
  if (back) refresh();
}

function refresh() {
  if (!ended) document.body.dispatchEvent(new Event("hotline:refresh"));
}

function plan() {
  clearInterval(timer);
  timer = setInterval(refresh, (up && !stale ? SECONDS.live : SECONDS.slow) * 1000);
}

function tellFresh() {
  if (!fresh) return;
  let text = words.live;
  if (!up) text = words.slow.replace("{seconds}", SECONDS.slow);
  if (stale) text = words.stale.replace("{time}", at);
  // Only a change is worth reading aloud.
  if (fresh.textContent !== text) fresh.textContent = text;
  fresh.classList.toggle("is-stale", stale);
}

function reached(now, date) {
  const changed = stale === now;
  stale = !now;
  if (now && date && words) at = beijing(new Date(date));
  tellFresh();
  if (changed) plan();
}

const clock = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
function beijing(date) {
  const part = Object.fromEntries(clock.formatToParts(date).map(({ type, value }) => [type, value]));
  return words.time.replace(/\{(\w+)\}/g, (_, name) => part[name]);
}

function signedOut() {
  ended = true;
  clearInterval(timer);
  find("signed-out").hidden = false;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  // What nobody sees is not fetched, and counts as not read; it is fetched when the page is looked at again.
  if (ended || (document.hidden && event.detail.elt.hasAttribute("data-when-seen"))) event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname === "/console/login") {
    event.detail.shouldSwap = false;
    signedOut();
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr } = event.detail;
  if (xhr.status) reached(xhr.status < 500, xhr.getResponseHeader("Date"));
});
document.addEventListener("htmx:sendError", () => reached(false));
document.addEventListener("visibilitychange", () => document.hidden || refresh());

/* Who waits */
const title = document.title;

function showQueue({ waiting, danger }) {
  badge(find("queue-waiting"), waiting, "{waiting}");
  badge(find("queue-danger"), danger, "{danger}");
  document.title = waiting ? `(${waiting}) ${title}` : title;
  // Of several pages one beeps: that which is looked at, else the quickest.
  setTimeout(() => heedDanger(danger), document.hidden ? 200 + Math.random() * 300 : 0);
}

function badge(element, count, place) {
  if (!element) return;
  element.hidden = !count;
  element.textContent = count ? element.dataset.words.replace(place, count) : "";
}

function heedDanger(danger) {
  const known = Number(localStorage.getItem("hotline.danger") || 0);
  localStorage.setItem("hotline.danger", danger);
  if (danger <= known) return;
  const told = find("live-told");
  told.textContent = told.dataset.danger.replace("{count}", danger);
  // Browsers play nothing before somebody touched the page.
  if (wanted() && navigator.userActivation?.hasBeenActive !== false) beep();
}

/* What somebody typed is nobody else's: signing out forgets it */
document.querySelector('form[action="/console/logout"]')?.addEventListener("submit", () => {
  Object.keys(sessionStorage)
    .filter((key) => key.startsWith("hotline.typed:"))
    .forEach((key) => sessionStorage.removeItem(key));
});

/* The sound: two short tones, off when the agent wants */
const sound = find("sound");
const wanted = () => localStorage.getItem("hotline.sound") !== "off";
let audio = null;

function beep() {
  audio ??= new AudioContext();
  audio.resume();
  [0, 0.22].forEach((later) => {
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    loud.gain.value = 0.06;
    tone.frequency.value = 880;
    tone.connect(loud).connect(audio.destination);
    tone.start(audio.currentTime + later);
    tone.stop(audio.currentTime + later + 0.14);
  });
  document.body.dispatchEvent(new Event("hotline:beep"));
}

function showSound() {
  sound.setAttribute("aria-pressed", String(wanted()));
  sound.querySelector("b").textContent = wanted() ? sound.dataset.on : sound.dataset.off;
}

if (sound) {
  sound.hidden = false;
  showSound();
  sound.addEventListener("click", () => {
    localStorage.setItem("hotline.sound", wanted() ? "off" : "on");
    showSound();
    if (wanted()) beep();
  });
}

plan();
