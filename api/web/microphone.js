// The microphone: permission in words, 24 kHz blocks to whoever listens.

import { t } from "./language.js";

/** Open the microphone; `onBlock` gets Float32Array blocks at 24 kHz. Throws in words. */
export async function openMicrophone(onBlock) {
  if (!navigator.mediaDevices) throw new Error(t("micInsecure"));
  const stream = await ask();
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("capture.js", import.meta.url));
  const source = context.createMediaStreamSource(stream);
  const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(capture);
  source.connect(analyser);
  capture.port.onmessage = ({ data }) => onBlock(data);
  return {
    analyser,
    mute(muted) {
      for (const track of stream.getTracks()) track.enabled = !muted;
    },
    close() {
      for (const track of stream.getTracks()) track.stop();
      context.close();
    },
  };
}

async function ask() {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    if (error.name === "NotAllowedError") throw new Error(t("micRefused"));
    if (error.name === "NotFoundError") throw new Error(t("micMissing"));
    throw new Error(t("micFailed", error.message));
  }
}
