/** Reading aloud and taking down what is spoken, where the browser itself can; nothing is fetched for it. */
import { spoken } from "./build.js";

// Some browsers fall silent in the middle of a long utterance: one sentence or so at a time.
const PIECE = /[^。！？；\n]{1,120}[。！？；\n]*/g;

function chineseVoice() {
  return speechSynthesis.getVoices().find((voice) => /^(zh|cmn)/i.test(voice.lang)) || null;
}

/** Reads one text at a time. */
export class Reader {
  /** `available(boolean)` is called whenever it becomes known whether there is a Chinese voice. */
  constructor(say, available) {
    this.say = say;
    this.stopped = () => {};
    this.turn = 0;
    if (!("speechSynthesis" in window)) return;
    const look = () => available(Boolean(chineseVoice()));
    look();
    if (speechSynthesis.addEventListener) speechSynthesis.addEventListener("voiceschanged", look);
    window.addEventListener("pagehide", () => this.stop());
  }

  /** Read a text; `stopped` is called when it ends, is stopped, or another text is read. */
  read(text, stopped) {
    this.stop();
    this.turn += 1;
    const turn = this.turn;
    this.stopped = stopped;
    const voice = chineseVoice();
    const pieces = spoken(text, this.say).match(PIECE) || [];
    const end = () => turn === this.turn && this.stop();
    pieces.forEach((piece, at) => {
      const utterance = new SpeechSynthesisUtterance(piece);
      utterance.voice = voice;
      utterance.lang = voice ? voice.lang : "zh-CN";
      utterance.rate = 0.9;
      utterance.onerror = end;
      if (at === pieces.length - 1) utterance.onend = end;
      speechSynthesis.speak(utterance);
    });
    if (!pieces.length) end();
  }

  stop() {
    this.turn += 1;
    if ("speechSynthesis" in window) speechSynthesis.cancel();
    const stopped = this.stopped;
    this.stopped = () => {};
    stopped();
  }
}

const Recognition = window.SpeechRecognition || window.webkitSpeechRecognition;

/** Whether spoken words can be written down here; browsers give the microphone to secure pages only. */
export const canDictate = Boolean(Recognition) && window.isSecureContext === true;

/** Takes down what is spoken. */
export class Dictation {
  /** @param {{words: (text: string) => void, ended: (error: string) => void}} hears `words` gets all of it each time */
  constructor(hears) {
    this.hears = hears;
    this.listening = null;
  }

  start() {
    const recognition = new Recognition();
    let failure = "";
    recognition.lang = "zh-CN";
    recognition.continuous = true;
    recognition.interimResults = true;
    recognition.onresult = ({ results }) =>
      this.hears.words(Array.from(results, (result) => result[0].transcript).join(""));
    recognition.onerror = ({ error }) => (failure = error);
    recognition.onend = () => {
      this.listening = null;
      this.hears.ended(failure);
    };
    this.listening = recognition;
    recognition.start();
  }

  stop() {
    if (this.listening) this.listening.stop();
  }
}
