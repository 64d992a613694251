// Runs on the audio thread: the microphone's samples, resampled to 24 kHz, in blocks of 40 ms.
//
// A windowed-sinc filter at the device's own rate: not every browser opens a microphone in a
// context of another rate, and plain interpolation would fold hiss into the voice.

const OUT_HZ = 24000;
const BLOCK = 960;
const HALF = 16;

class Capture extends AudioWorkletProcessor {
  #step = sampleRate / OUT_HZ;
  #cutoff = Math.min(1, OUT_HZ / sampleRate);
  #past = new Float32Array(0);
  #at = 0;
  #block = new Float32Array(BLOCK);
  #filled = 0;

  process([input]) {
    if (input.length) this.#push(input[0]);
    return true;
  }

  #push(fresh) {
    const past = new Float32Array(this.#past.length + fresh.length);
    past.set(this.#past);
    past.set(fresh, this.#past.length);
    while (this.#at + 2 * HALF < past.length) {
      this.#emit(this.#interpolate(past, this.#at + HALF));
      this.#at += this.#step;
    }
    const spent = Math.floor(this.#at);
    this.#past = past.slice(spent);
    this.#at -= spent;
  }

  #interpolate(samples, at) {
    const middle = Math.floor(at);
    let sum = 0;
    for (let n = middle - HALF + 1; n <= middle + HALF; n++) {
      const x = (n - at) * Math.PI;
      const sinc = x === 0 ? this.#cutoff : Math.sin(x * this.#cutoff) / x;
      sum += samples[n] * sinc * (0.5 + 0.5 * Math.cos(x / HALF));
    }
    return sum;
  }

  #emit(sample) {
    this.#block[this.#filled++] = sample;
    if (this.#filled === BLOCK) {
      this.port.postMessage(this.#block.slice());
      this.#filled = 0;
    }
  }
}

registerProcessor("capture", Capture);
