// Recording in a form: microphone, level, advice, playback, sending.
//
// Markup: <form data-recorder> with [data-record] [data-stop] buttons, <meter data-level>, [data-status] (aria-live),
// <audio data-playback>, [data-send] submit button, [data-file] to choose a file instead, [data-elapsed] for the length,
// optional [data-countdown] with the ISO time at which the prompt lapses, and [data-follow] naming what is read (ol.words) word by word.
// The answer goes into the element that data-target names; with data-replace, an accepted one replaces the elements whose ids it bears.
// Parts marked data-until-sent go out of sight once a recording was taken.
// <div data-microphone-check> tries the microphone without recording anything.

import { Levels } from "./levels.js";
import { Microphone } from "./microphone.js";

const refusedBy = (error) => (error.name === "NotAllowedError" ? "denied" : "unavailable");
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

class Recorder {
  constructor(form) {
    this.form = form;
    this.part = (name) => form.querySelector(`[data-${name}]`);
    this.part("record").addEventListener("click", () => this.start());
    this.part("stop").addEventListener("click", () => this.stop());
    this.part("file")?.addEventListener("change", (event) => this.choose(event.target.files[0]));
    form.addEventListener("submit", (event) => this.send(event));
    const deadline = this.part("countdown");
    if (deadline) this.countDown(deadline);
    this.show("idle");
  }

  say(key) { this.part("status").textContent = this.form.dataset[key] ?? key; }

  show(state) {
    this.form.dataset.state = state;
    this.part("record").disabled = state === "recording" || state === "sending" || this.lapsed;
    this.part("stop").hidden = state !== "recording";
    this.part("record").hidden = state === "recording";
    this.part("send").disabled = !this.recording || state === "recording" || state === "sending" || this.lapsed;
  }

  async start() {
    this.part("record").disabled = true;
    this.levels = new Levels();
    this.guide = this.form.dataset.follow ? new Guide(document.querySelector(this.form.dataset.follow)) : null;
    this.microphone = new Microphone(this.form.dataset.worklet, (block, rate) => this.hear(block, rate));
    this.part("playback").hidden = true;
    this.part("playback").pause();
    try { await this.microphone.open(); } catch (error) {
      this.show("idle");
      this.say(refusedBy(error));
      return;
    }
    this.part("elapsed").textContent = clock(0);
    this.show("recording");
    this.part("stop").focus();
    this.say("recording");
  }

  hear(block, rate) {
    this.levels.push(block, rate);
    this.part("level").value = this.levels.height;
    this.part("elapsed").textContent = clock(this.levels.seconds);
    this.guide?.follow(this.levels);
  }

  async stop() {
    this.part("stop").disabled = true;
    const recording = await this.microphone.close();
    this.part("stop").disabled = false;
    this.guide?.end();
    if (recording) this.take(recording, this.levels.advice); else { this.show("idle"); this.say("nothing"); }
  }

  choose(file) { if (file) this.take(file, "good"); }

  take(recording, advice) {
    this.recording = recording;
    const playback = this.part("playback");
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(recording);
    playback.src = this.url;
    playback.hidden = false;
    this.part("record").textContent = this.form.dataset.again;
    this.show("recorded");
    this.say({ clipping: "clipping", quiet: "quiet", noisy: "noisy" }[advice] ?? "recorded");
    this.part("send").focus();
  }

  async send(event) {
    event.preventDefault();
    if (!this.recording) { this.say("nothing"); return; }
    this.show("sending");
    this.say("sending");
    const body = new FormData(this.form);
    body.set("file", this.recording, "recording.wav");
    let answer;
    try {
      answer = await fetch(this.form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    } catch {
      this.show("recorded");
      this.say("offline");
      return;
    }
    const text = await answer.text();
    if (answer.ok && "replace" in this.form.dataset) { replaceById(text); return; }
    const target = document.querySelector(this.form.dataset.target);
    target.innerHTML = text;
    window.htmx?.process(target);
    target.focus();
    if (answer.ok) {
      this.sent = true;
      this.recording = null;
      this.show("sent");
      this.say("sent");
      document.querySelectorAll("[data-until-sent]").forEach((part) => { part.hidden = true; });
    }
    else { this.show("recorded"); this.say("refused"); }
  }

  // The clock of the prompt. Screen readers are told at 60, 30 and 10 seconds, not each second.
  countDown(element) {
    const until = Date.parse(element.dataset.countdown);
    const bar = this.part("countdown-bar");
    const spoken = this.part("countdown-spoken");
    const told = new Set();
    const timer = setInterval(() => {
      const left = Math.max(0, Math.round((until - Date.now()) / 1000));
      element.textContent = clock(left);
      if (bar) bar.value = left;
      for (const mark of [60, 30, 10]) if (left <= mark && !told.has(mark)) { told.add(mark); if (spoken && left > mark - 3) spoken.textContent = String(left); }
      if (!element.isConnected || this.sent) { clearInterval(timer); return; }
      if (left > 0) return;
      clearInterval(timer);
      this.lapsed = true;
      if (this.form.dataset.state === "recording") this.stop().then(() => this.say("lapsed")); else { this.show("idle"); this.say("lapsed"); }
    }, 250);
  }
}

// Marks what is to be read now: first the statement, then word after word, each time the reader pauses. All of it stays in sight: the mark helps, no more.
class Guide {
  constructor(list) {
    this.marks = [...document.querySelectorAll(list.dataset.before ?? "none"), ...list.children];
    this.least = Number(list.dataset.beforeSeconds ?? 0);
    this.at = 0;
    this.since = 0;
    this.spoke = false;
    this.mark();
  }

  mark() { this.marks.forEach((element, i) => { element.classList.toggle("now", i === this.at); element.classList.toggle("read", i < this.at); }); }

  follow(levels) {
    if (this.at >= this.marks.length - 1) return;
    const here = levels.seconds - this.since;
    if (!levels.pausing) { this.spoke ||= here > 0.25; return; }
    if (!this.spoke || here < (this.at === 0 ? this.least : 0.3)) return;
    this.at += 1;
    this.since = levels.seconds;
    this.spoke = false;
    this.mark();
  }

  end() { this.marks.forEach((element) => element.classList.remove("now", "read")); }
}

class Check {
  constructor(room) {
    this.room = room;
    this.button = room.querySelector("[data-try]");
    this.button.addEventListener("click", () => (this.microphone ? this.stop() : this.start()));
  }

  say(key) { this.room.querySelector("[data-status]").textContent = this.room.dataset[key]; this.room.dataset.state = key; }

  async start() {
    const levels = new Levels();
    const microphone = new Microphone(this.room.dataset.worklet, (block, rate) => {
      levels.push(block, rate);
      this.room.querySelector("[data-level]").value = levels.height;
    });
    try { await microphone.open(); } catch (error) { this.say(refusedBy(error)); return; }
    this.microphone = microphone;
    this.button.textContent = this.room.dataset.end;
    this.say("waiting");
    this.timer = setInterval(() => {
      if (levels.advice !== this.room.dataset.state) this.say(levels.advice);
      if (levels.seconds > 30) this.stop();
    }, 500);
  }

  async stop() {
    clearInterval(this.timer);
    await this.microphone.close();
    this.microphone = null;
    this.button.textContent = this.room.dataset.again;
    this.room.querySelector("[data-level]").value = 0;
  }
}

// Each element of the answer takes the place of the one with its id; the next sentence gets the focus.
function replaceById(text) {
  const parsed = new DOMParser().parseFromString(text, "text/html");
  for (const element of [...parsed.body.children]) {
    document.getElementById(element.id)?.replaceWith(element);
    window.htmx?.process(element);
    wire(element);
  }
  document.querySelector("#sentence")?.focus();
}

function wire(root) {
  const once = (selector, Kind) => root.querySelectorAll(`${selector}:not([data-wired])`).forEach((element) => {
    element.dataset.wired = "yes";
    new Kind(element);
  });
  once("form[data-recorder]", Recorder);
  once("[data-microphone-check]", Check);
}
wire(document);
document.addEventListener("htmx:afterSwap", (event) => wire(event.target));
