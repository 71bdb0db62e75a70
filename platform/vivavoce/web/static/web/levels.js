// How loud, how clear: levels of a microphone in 20 ms frames, and what to tell the person.

const FRAME_SECONDS = 0.02;
const CLIP = 0.985;
const QUIET_DB = -40;   // speech below this drowns in the converter's own noise
const CLEAR_DB = 14;    // what speech should stand above the room
const SPOKEN_SECONDS = 1.0;

const decibels = (power) => 10 * Math.log10(Math.max(power, 1e-9));

export class Levels {
  constructor() {
    this.frames = [];
    this.clipped = 0;
    this.power = 0;
    this.count = 0;
    this.peak = 0;
  }

  push(block, rate) {
    const size = Math.round(FRAME_SECONDS * rate);
    for (const sample of block) {
      const height = Math.abs(sample);
      if (height > this.peak) this.peak = height;
      this.power += sample * sample;
      this.count += 1;
      if (this.count < size) continue;
      if (this.peak > CLIP) this.clipped += 1;
      this.frames.push(decibels(this.power / this.count));
      this.power = this.count = this.peak = 0;
    }
  }

  get seconds() { return this.frames.length * FRAME_SECONDS; }

  // Of the last quarter second, in [0, 1] for a meter that spans 60 dB.
  get height() {
    const last = this.frames.slice(-12);
    return last.length ? Math.min(1, Math.max(0, (Math.max(...last) + 60) / 60)) : 0;
  }

  share(part) {
    const sorted = [...this.frames].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? -90;
  }

  // True while nobody speaks, as far as the level tells: nearer to the room than to the voice.
  get pausing() {
    const floor = this.share(0.1), voice = this.share(0.9);
    const last = this.frames.slice(-10);
    return voice - floor > 10 && last.length === 10 && Math.max(...last) < floor + (voice - floor) * 0.4;
  }

  // One of: waiting, clipping, quiet, noisy, good.
  get advice() {
    if (this.clipped > 2) return "clipping";
    if (this.seconds < SPOKEN_SECONDS) return "waiting";
    const voice = this.share(0.95);
    if (voice < QUIET_DB) return "quiet";
    return voice - this.share(0.1) < CLEAR_DB ? "noisy" : "good";
  }
}
