// Hands each block of microphone samples to the page, untouched: no codec may lose what the checks listen for.
class PcmTap extends AudioWorkletProcessor {
  process(inputs) {
    const channel = inputs[0][0];
    if (channel) this.port.postMessage(channel.slice());
    return true;
  }
}
registerProcessor("pcm-tap", PcmTap);
