// What a script on the audio thread finds there (Web Audio API, AudioWorkletGlobalScope).
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;
