// The microphone as 16-bit PCM WAV. An AudioWorklet hands over the samples as they are; where a browser has none, MediaRecorder records and the
// browser decodes what it recorded, so that the same WAV is sent. Browser "improvements" are off: they change the voice and hide the room.

const WANTED = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, value) => [...value].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + samples.length * 2, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, rate * 2, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return new Blob([view.buffer], { type: "audio/wav" });
}

function joined(blocks) {
  const whole = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) { whole.set(block, at); at += block.length; }
  return whole;
}

export class Microphone {
  // hear(block, rate) is told every block of samples while the microphone is open.
  constructor(worklet, hear) {
    this.worklet = worklet;
    this.hear = hear;
  }

  // Throws what getUserMedia throws: NotAllowedError, NotFoundError …
  async open() {
    if (!navigator.mediaDevices) throw new DOMException("no microphone here", "NotFoundError");
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: WANTED });
    this.context = new AudioContext();
    await this.context.resume();
    this.rate = this.context.sampleRate;
    this.source = this.context.createMediaStreamSource(this.stream);
    this.blocks = [];
    if (window.AudioWorkletNode) {
      try { await this.tapByWorklet(); return; } catch { /* an old browser: the other way */ }
    }
    this.tapByRecorder();
  }

  async tapByWorklet() {
    await this.context.audioWorklet.addModule(this.worklet);
    this.tap = new AudioWorkletNode(this.context, "pcm-tap");
    this.tap.port.onmessage = ({ data }) => { this.blocks.push(data); this.hear(data, this.rate); };
    this.source.connect(this.tap);
  }

  tapByRecorder() {
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 2048;
    this.source.connect(analyser);
    const block = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => { analyser.getFloatTimeDomainData(block); this.hear(block.slice(), this.rate); }, 1000 * block.length / this.rate);
    this.recorder = new MediaRecorder(this.stream, { audioBitsPerSecond: 256000 });
    this.pieces = [];
    this.recorder.ondataavailable = ({ data }) => this.pieces.push(data);
    this.recorder.start(250);
  }

  // Lets the microphone go; the recording as a Blob, null when nothing was heard.
  async close() {
    let samples = joined(this.blocks);
    if (this.recorder) {
      clearInterval(this.timer);
      await new Promise((done) => { this.recorder.onstop = done; this.recorder.stop(); });
      const bytes = await new Blob(this.pieces, { type: this.recorder.mimeType }).arrayBuffer();
      samples = bytes.byteLength ? (await this.context.decodeAudioData(bytes)).getChannelData(0) : samples;
    }
    this.stream.getTracks().forEach((track) => track.stop());
    this.tap?.disconnect();
    await this.context.close();
    return samples.length ? wav(samples, this.rate) : null;
  }
}
