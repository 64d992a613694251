// The conversation: asks by text, recording or voice, and shows and plays what comes back.

import { $, announce, notice } from "./elements.js";
import { t } from "./language.js";
import { showLevel } from "./level.js";
import { openMicrophone } from "./microphone.js";
import { fromBase64, fromPcm16, Player } from "./player.js";
import { openSession, RATE_HZ } from "./realtime.js";
import { postJson, upload } from "./service.js";
import { Turn } from "./turns.js";

/**
 * What the conversation is, for all of this module: one at a time.
 *
 * @typedef {{ microphone?: Awaited<ReturnType<typeof openMicrophone>>, stopLevel?: () => void }} Call
 * @typedef {import("./realtime.js").Session} Session
 * @type {{ id: string | null, session: Session | null, call: Call | null, turn: Turn | null, speaking: Turn | null }}
 */
const now = { id: null, session: null, call: null, turn: null, speaking: null };
/**
 * Turns over the socket that are not over yet, by the number that the service gave them.
 *
 * @type {{ turns: Map<number, Turn>, itemId: string | null }}
 */
const live = { turns: new Map(), itemId: null };
const player = new Player(() => quiet());
/** @type {(conversationId: string | null) => void} */
let changed = () => {};

/** `onChange(conversationId)` is called when a turn has been answered and kept. */
export function startTalk(onChange) {
  changed = onChange;
}

export const spoken = () => $("sound").getAttribute("aria-pressed") === "true";

/** Carry on the conversation `id`, or begin a new one with null. */
export function continueConversation(id) {
  hangUp();
  hush();
  now.id = id;
}

export const newTurn = () => new Turn((turn) => (now.speaking === turn ? hush() : sayAgain(turn)));

/** Ask in writing; within a call it is part of the call. */
export async function askText(text) {
  notice();
  hush();
  const turn = begin();
  turn.ask(text);
  try {
    now.session ??= await connect(false);
    now.session.ask(text);
  } catch {
    await answerOverHttp(turn, { text });
  }
}

/** Without a socket (all lines busy, a proxy that passes none) a typed question still gets through. */
async function answerOverHttp(turn, fields) {
  await answer(turn, async () => (await postJson("v1/talk", { ...fields, ...options() })).json());
}

/** Ask with a recording. */
export async function askFile(file) {
  notice();
  hush();
  const turn = begin();
  turn.askFile(file.name);
  const form = new FormData();
  form.append("file", file);
  for (const [name, value] of Object.entries(options())) form.append(name, String(value));
  await answer(turn, () => upload("v1/talk", form, () => {}));
}

const options = () => ({ audio: spoken(), ...(now.id ? { conversation_id: now.id } : {}) });

async function answer(turn, ask) {
  try {
    const reply = await ask();
    turn.ask(reply.transcript || t("unheard"));
    settle(turn, reply);
    if (reply.audio) await playWav(turn, fromBase64(reply.audio));
  } catch (error) {
    turn.fail(error.message);
    announce(error.message);
  }
}

function settle(turn, reply) {
  turn.finish(reply);
  announce(t("answered", reply.answer));
  now.id = reply.conversation_id ?? now.id;
  changed(now.id);
}

async function playWav(turn, bytes) {
  const buffer = await new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(bytes.buffer);
  show(turn);
  player.push(buffer.getChannelData(0), RATE_HZ);
}

/** Speak an answer again, as it is synthesised; resolves when it has been said. */
export async function sayAgain(turn) {
  hush();
  show(turn);
  const response = await postJson("v1/audio/speech", { input: turn.answer, response_format: "pcm" });
  const rateHz = Number(response.headers.get("X-Sample-Rate"));
  let rest = new Uint8Array(0);
  const body = /** @type {ReadableStream<Uint8Array>} */ (response.body); // there is one with 200
  for (const reader = body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done || now.speaking !== turn) break;
    const bytes = new Uint8Array([...rest, ...value]);
    const whole = bytes.length & ~1;
    player.push(fromPcm16(bytes.subarray(0, whole)), rateHz);
    rest = bytes.slice(whole);
  }
  await /** @type {Promise<void>} */ (
    new Promise((resolve) => (player.playing ? (turn.said = resolve) : resolve()))
  );
}

/** Be silent at once; over the socket, tell how much was heard. */
export function hush() {
  const { heardMs } = player;
  const heardOf = player.playing && live.itemId;
  player.flush();
  if (heardOf) now.session?.truncate(heardOf, heardMs);
  now.turn = null;
}

function show(turn) {
  now.speaking = turn;
  player.begin();
  turn.speaking(true);
  state();
}

function quiet() {
  now.speaking?.speaking(false);
  now.speaking?.said?.();
  now.speaking = null;
  player.duck(false);
  state("listening");
}

function begin() {
  return (now.turn = newTurn());
}

// ---- over the socket

const connect = (listening) =>
  openSession({ conversationId: now.id, spoken: spoken() || listening, listening, events });

function closeSession() {
  now.session?.close();
  now.session = null;
  live.turns.clear();
  live.itemId = null;
}

const events = {
  "input_audio_buffer.speech_started"() {
    if (player.playing) hush();
    $("caption").textContent = "";
    state("listening");
  },
  "input_audio_buffer.speech_stopped"() {
    state("thinking");
  },
  "conversation.item.input_audio_transcription.delta"({ delta }) {
    $("caption").append(delta);
  },
  "conversation.item.input_audio_transcription.completed"({ transcript }) {
    $("caption").textContent = transcript;
    if (transcript) begin().ask(transcript);
  },
  "response.created"() {
    now.turn ??= newTurn();
  },
  "response.output_item.added"({ item }) {
    live.itemId = item.id;
  },
  "response.output_audio_transcript.delta"({ delta }) {
    now.turn?.append(delta);
  },
  "response.output_text.delta"({ delta }) {
    now.turn?.append(delta);
  },
  "response.output_audio.delta"({ delta }) {
    if (!now.turn) return;
    if (now.speaking !== now.turn) show(now.turn);
    $("caption").textContent = ""; // it stands above by now, as the question
    player.push(fromPcm16(fromBase64(delta)), RATE_HZ);
  },
  "response.done"({ response }) {
    const turn = now.turn;
    now.turn = null;
    if (!turn) return;
    if (response.status === "failed") turn.fail(response.status_details?.error?.message ?? "");
    const { turn: number, ...grounds } = response.beseda ?? { source: "none", sources: [] };
    if (number !== undefined) live.turns.set(number, turn);
    now.id = response.conversation_id;
    turn.finish({ answer: turn.answer, ...grounds });
    announce(t("answered", turn.answer));
  },
  "beseda.trace"(trace) {
    live.turns.get(trace.turn)?.trace(trace);
    live.turns.delete(trace.turn);
    changed(now.id); // only now is it kept
    if (!now.call && !now.turn) closeSession();
  },
  "beseda.duck": () => player.duck(true),
  "beseda.unduck": () => player.duck(false),
  error({ error }) {
    notice(t("failed", error.message));
  },
  close(asked) {
    now.session = null;
    live.turns.clear();
    if (asked) return changed(now.id);
    if (now.call) hangUp();
    now.turn?.fail(t("callLost"));
    now.turn = null;
    notice(t("callLost"));
  },
};

// ---- the call

export async function call() {
  notice();
  hush();
  closeSession();
  document.body.classList.add("calling");
  $("call").hidden = false;
  $("caption").textContent = "";
  $("mute").setAttribute("aria-pressed", "false");
  /** @type {Call} */
  const here = {};
  now.call = here;
  state("connecting");
  try {
    const session = await connect(true);
    if (now.call !== here) return session.close(); // hung up meanwhile
    now.session = session;
    const microphone = await openMicrophone((samples) => now.session?.hear(samples));
    if (now.call !== here) return microphone.close();
    here.microphone = microphone;
    here.stopLevel = showLevel($("level", HTMLCanvasElement), () =>
      player.playing ? player.analyser : microphone.analyser);
    state("listening");
    $("hang-up").focus();
  } catch (error) {
    hangUp();
    notice(error.message);
  }
}

export function hangUp() {
  if (!now.call) return;
  now.call.stopLevel?.();
  now.call.microphone?.close();
  now.call = null;
  hush();
  closeSession();
  document.body.classList.remove("calling");
  const focused = $("call").contains(document.activeElement);
  $("call").hidden = true;
  if (focused) $("talk").focus();
}

export function mute() {
  const muted = $("mute").getAttribute("aria-pressed") !== "true";
  $("mute").setAttribute("aria-pressed", String(muted));
  now.call?.microphone?.mute(muted);
  state();
}

let phase = "listening";

/** Say in a word what the call does now. Without an argument: what follows from the rest. */
export function state(next = phase) {
  phase = next === "thinking" && now.speaking ? "listening" : next;
  const muted = $("mute").getAttribute("aria-pressed") === "true";
  const shown = now.speaking ? "speaking" : muted && phase !== "connecting" ? "muted" : phase;
  $("call").dataset.state = shown;
  $("call-state").textContent = t(shown);
}
