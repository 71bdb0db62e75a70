// The only script of the console besides htmx: record the microphone as 16-bit PCM WAV and send it with the form around it.
//
// Markup: <form data-recorder> with [data-record] [data-stop] buttons, <meter data-level>, [data-status] (aria-live),
// <audio data-playback>, [data-send] submit button, optional [data-countdown] with the ISO time at which the prompt lapses.
// The answer goes into the element that data-target names; with data-replace, an accepted one replaces the elements whose ids it bears.

const CLIP = 0.985;
const QUIET_RMS = 0.006;

function wav(blocks, rate) {
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(44 + length * 2));
  const text = (at, value) => [...value].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + length * 2, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, rate * 2, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, length * 2, true);
  let at = 44;
  for (const block of blocks) for (const sample of block) {
    view.setInt16(at, Math.max(-1, Math.min(1, sample)) * 32767, true);
    at += 2;
  }
  return new Blob([view.buffer], { type: "audio/wav" });
}

class Recorder {
  constructor(form) {
    this.form = form;
    this.part = (name) => form.querySelector(`[data-${name}]`);
    this.part("record").addEventListener("click", () => this.start());
    this.part("stop").addEventListener("click", () => this.stop());
    form.addEventListener("submit", (event) => this.send(event));
    const deadline = this.part("countdown");
    if (deadline) this.countDown(deadline);
  }

  say(key) { this.part("status").textContent = this.form.dataset[key] ?? key; }

  async start() {
    this.part("record").disabled = true;
    try {
      // Browser "improvements" are off: they change the voice and hide what the room sounds like.
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
      this.context = new AudioContext();
      await this.context.audioWorklet.addModule(this.form.dataset.worklet);
    } catch (error) {
      this.part("record").disabled = false;
      this.say(error.name === "NotAllowedError" ? "denied" : "unavailable");
      return;
    }
    this.blocks = [];
    this.clipped = 0;
    this.energy = 0;
    const source = this.context.createMediaStreamSource(this.stream);
    this.tap = new AudioWorkletNode(this.context, "pcm-tap");
    this.tap.port.onmessage = ({ data }) => this.take(data);
    source.connect(this.tap);
    this.part("stop").disabled = false;
    this.part("stop").focus();
    this.say("recording");
  }

  take(block) {
    this.blocks.push(block);
    let peak = 0;
    for (const sample of block) {
      const size = Math.abs(sample);
      if (size > peak) peak = size;
      this.energy += sample * sample;
    }
    if (peak > CLIP) this.clipped += 1;
    this.part("level").value = peak;
  }

  stop() {
    this.part("stop").disabled = true;
    this.part("record").disabled = false;
    this.stream.getTracks().forEach((track) => track.stop());
    this.tap.disconnect();
    const rate = this.context.sampleRate;
    this.context.close();
    const samples = this.blocks.reduce((sum, block) => sum + block.length, 0);
    if (!samples) { this.say("nothing"); return; }
    this.recording = wav(this.blocks, rate);
    const playback = this.part("playback");
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(this.recording);
    playback.src = this.url;
    playback.hidden = false;
    this.part("send").disabled = false;
    const loudness = Math.sqrt(this.energy / samples);
    this.say(this.clipped > 3 ? "clipping" : loudness < QUIET_RMS ? "quiet" : "recorded");
    this.part("send").focus();
  }

  async send(event) {
    event.preventDefault();
    if (!this.recording) { this.say("nothing"); return; }
    this.part("send").disabled = true;
    this.say("sending");
    const body = new FormData(this.form);
    body.set("file", this.recording, "recording.wav");
    let answer;
    try {
      answer = await fetch(this.form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    } catch {
      this.part("send").disabled = false;
      this.say("offline");
      return;
    }
    const text = await answer.text();
    if (answer.ok && "replace" in this.form.dataset) { replaceById(text); return; }
    const target = document.querySelector(this.form.dataset.target);
    target.innerHTML = text;
    window.htmx?.process(target);
    target.focus();
    if (answer.ok) this.say("sent"); else { this.part("send").disabled = false; this.say("refused"); }
  }

  countDown(element) {
    const until = Date.parse(element.dataset.countdown);
    const timer = setInterval(() => {
      const left = Math.max(0, Math.round((until - Date.now()) / 1000));
      element.textContent = String(left);
      if (!element.isConnected) clearInterval(timer);
      if (left === 0) {
        clearInterval(timer);
        this.say("lapsed");
        for (const name of ["record", "send"]) this.part(name).disabled = true;
      }
    }, 250);
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

const wire = (root) => root.querySelectorAll("form[data-recorder]:not([data-wired])").forEach((form) => {
  form.dataset.wired = "yes";
  new Recorder(form);
});
wire(document);
document.addEventListener("htmx:afterSwap", (event) => wire(event.target));
