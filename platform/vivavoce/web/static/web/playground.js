// Speak in the playground, and play while the rest is being made.
//
// Windows come as bytes in order. WAV and PCM are 16-bit samples, played by the audio graph one after another without a gap; MP3 goes into a
// MediaSource where the browser takes it, else the finished clip is played. A revocation ends the stream: the next window is refused.

const PCM_RATE = 24000;
const PAUSE_MS = 120;

class Samples {
  constructor(context, rate) {
    this.context = context;
    this.rate = rate;         // null until a WAV head was read
    this.rest = new Uint8Array(0);
    this.at = 0;
  }

  push(bytes) {
    const whole = new Uint8Array(this.rest.length + bytes.length);
    whole.set(this.rest); whole.set(bytes, this.rest.length);
    let from = 0;
    if (this.rate === null) {
      const view = new DataView(whole.buffer);
      this.rate = view.getUint32(24, true);
      from = 44;
    }
    const count = (whole.length - from) >> 1;
    this.rest = whole.slice(from + count * 2);
    if (!count) return;
    const view = new DataView(whole.buffer, from);
    const buffer = this.context.createBuffer(1, count, this.rate);
    const channel = buffer.getChannelData(0);
    for (let i = 0; i < count; i += 1) channel[i] = view.getInt16(i * 2, true) / 32768;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.context.destination);
    this.at = Math.max(this.at, this.context.currentTime + 0.05);
    source.start(this.at);
    this.last = source;
    this.at += buffer.duration;
  }

  end() { this.last ? this.last.addEventListener("ended", this.ended) : this.ended(); }
  close() { if (this.context.state !== "closed") this.context.close(); }
}

class Mp3 {
  constructor() {
    this.media = new MediaSource();
    this.audio = new Audio(URL.createObjectURL(this.media));
    this.queue = [];
    this.media.addEventListener("sourceopen", () => {
      this.buffer = this.media.addSourceBuffer("audio/mpeg");
      this.buffer.addEventListener("updateend", () => this.next());
      this.next();
    });
    this.audio.addEventListener("ended", () => this.ended());
    this.audio.play().catch(() => {});
  }

  next() {
    if (!this.buffer || this.buffer.updating) return;
    if (this.queue.length) this.buffer.appendBuffer(this.queue.shift());
    else if (this.whole && this.media.readyState === "open") this.media.endOfStream();
  }

  push(bytes) { this.queue.push(bytes); this.next(); }
  end() { this.whole = true; this.next(); }
  close() { this.audio.pause(); }
}

function player(format, context) {
  if (format === "pcm") return new Samples(context, PCM_RATE);
  if (format === "wav") return new Samples(context, null);
  if (format === "mp3" && window.MediaSource?.isTypeSupported("audio/mpeg")) return new Mp3();
  return null;
}

class Playground {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-status]");
    this.stopper = form.querySelector("[data-stop]");
    this.spoken = document.querySelector("#spoken");
    form.addEventListener("submit", (event) => { event.preventDefault(); this.speak(); });
    this.stopper.addEventListener("click", () => this.stop());
  }

  stop() {
    this.player?.close();
    this.player = null;
    this.run = null;
    this.stopper.hidden = true;
    delete this.form.dataset.heard;
  }

  async speak() {
    this.stop();
    const run = this.run = {};
    const button = this.form.querySelector("button:not([type])");
    button.disabled = true;
    this.spoken.replaceChildren();
    this.status.textContent = this.form.dataset.rendering;
    const context = new AudioContext();  // made while the click still counts as a gesture
    const began = performance.now();
    try {
      const answer = await fetch(this.form.action, { method: "POST", body: new FormData(this.form), headers: { "HX-Request": "true" } });
      if (!answer.ok) { this.refused(await answer.text()); return; }
      const asked = await answer.json();
      this.player = player(asked.format, context);
      if (this.player) this.player.ended = () => { if (this.run === run) this.stopper.hidden = true; };
      this.stopper.hidden = !this.player;
      if (this.player) await this.follow(asked.windows, run, began);
      await this.show(asked.result);
    } catch {
      this.status.textContent = this.form.dataset.offline;
    } finally {
      button.disabled = false;
      if (!(this.player instanceof Samples)) context.close();
    }
  }

  async follow(address, run, began) {
    let after = -1, heard = false;
    while (this.run === run) {
      const answer = await fetch(`${address}?after=${after}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok) { this.player.close(); return; }
      if (answer.status === 200) {
        after = Number(answer.headers.get("X-Window"));
        this.player.push(new Uint8Array(await answer.arrayBuffer()));
        if (!heard) {
          heard = true;
          const seconds = ((performance.now() - began) / 1000).toFixed(1);
          this.first = `${this.form.dataset.first} ${seconds} s.`;
          this.status.textContent = `${this.form.dataset.playing} ${this.first}`;
          this.form.dataset.heard = seconds;
        }
      }
      if (answer.headers.get("X-Ended") === "1") {
        if (heard) this.status.textContent = this.first;
        this.player.end();
        return;
      }
      await new Promise((done) => { setTimeout(done, PAUSE_MS); });
    }
  }

  async show(address) {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    this.refused(await answer.text());
  }

  refused(text) {
    this.spoken.innerHTML = text;
    window.htmx?.process(this.spoken);
    if (!this.form.dataset.heard) this.status.textContent = "";
    this.spoken.focus();
  }
}

document.querySelectorAll("[data-playground]").forEach((form) => new Playground(form));
