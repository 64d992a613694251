// Plays mono samples one after another without gaps, and knows how much has been heard.

const DUCKED = 0.18;
/** @type {AudioContext | null} */
let context = null;

/** The one output; the first use must follow a click or a key. */
function output() {
  context ??= new AudioContext();
  context.resume();
  return context;
}

export class Player {
  /** What is queued or sounds. @type {Set<AudioBufferSourceNode & { startsAt: number, lengthS: number }>} */
  #nodes = new Set();
  #endsAt = 0;
  #heardMs = 0;
  /** @type {AnalyserNode | null} */
  #analyser = null;
  /** @type {GainNode | null} */
  #gain = null;

  constructor(onSilence = () => {}) {
    this.onSilence = onSilence;
  }

  get playing() {
    return this.#nodes.size > 0;
  }

  /** Milliseconds of sound that have left the loudspeaker since the last `begin`. */
  get heardMs() {
    let heardMs = this.#heardMs;
    for (const node of this.#nodes) heardMs += 1000 * clamp(output().currentTime - node.startsAt, node.lengthS);
    return Math.round(heardMs);
  }

  /** Count what is heard from here. */
  begin() {
    this.#heardMs = 0;
  }

  /** Queue samples (Float32Array, full scale 1) at their rate. */
  push(samples, rateHz) {
    if (!samples.length) return;
    const out = output();
    const buffer = out.createBuffer(1, samples.length, rateHz);
    buffer.copyToChannel(samples, 0);
    const startsAt = Math.max(this.#endsAt, out.currentTime + (this.playing ? 0 : 0.06));
    const node = Object.assign(out.createBufferSource(), { startsAt, lengthS: buffer.duration });
    node.buffer = buffer;
    node.connect(this.#volume);
    this.#endsAt = node.startsAt + buffer.duration;
    this.#nodes.add(node);
    node.onended = () => this.#ended(node);
    node.start(node.startsAt);
  }

  /** Stop at once and forget what is queued. */
  flush() {
    this.#heardMs = this.heardMs;
    for (const node of this.#nodes) {
      node.onended = null;
      node.stop();
    }
    this.#nodes.clear();
    this.#endsAt = 0;
    this.onSilence();
  }

  /** What the level meter looks at. */
  get analyser() {
    if (this.#analyser === null) {
      this.#analyser = output().createAnalyser();
      this.#analyser.fftSize = 1024;
      this.#analyser.connect(output().destination);
    }
    return this.#analyser;
  }

  /** Play softly while somebody seems to speak over it. */
  duck(softly) {
    this.#volume.gain.setTargetAtTime(softly ? DUCKED : 1, output().currentTime, 0.02);
  }

  get #volume() {
    if (this.#gain === null) {
      this.#gain = output().createGain();
      this.#gain.connect(this.analyser);
    }
    return this.#gain;
  }

  #ended(node) {
    this.#nodes.delete(node);
    this.#heardMs += node.lengthS * 1000;
    if (!this.playing) this.onSilence();
  }
}

const clamp = (value, most) => Math.min(Math.max(value, 0), most);

/** Little-endian signed 16-bit bytes to samples. */
export function fromPcm16(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 1 }, (_, n) => view.getInt16(n * 2, true) / 32768);
}

/** Samples to base64 of little-endian signed 16-bit bytes. */
export function toBase64(samples) {
  const view = new DataView(new ArrayBuffer(samples.length * 2));
  samples.forEach((value, n) => view.setInt16(n * 2, Math.max(-1, Math.min(1, value)) * 32767, true));
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
