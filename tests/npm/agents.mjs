// Asks a running service through the stock @openai/agents realtime client, unchanged but for the
// address: node agents.mjs ws://127.0.0.1:8000/v1/realtime QUESTION.pcm (16-bit, 24 kHz)

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } from "@openai/agents/realtime";

const [url, recording] = process.argv.slice(2);
const PIECE = 4800; // 100 ms
const WITHIN_MS = 60_000;

const agent = new RealtimeAgent({ name: "Беседа", instructions: "Отвечай по документам." });
const session = new RealtimeSession(agent, {
  transport: new OpenAIRealtimeWebSocket({ url }),
  model: "beseda",
  tracingDisabled: true,
});

const errors = [];
session.on("error", ({ error }) => errors.push(error));
let soundBytes = 0;
session.on("audio", ({ data }) => (soundBytes += data.byteLength));

/** The next event of this kind. */
const happens = (kind) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${kind} within a minute`)), WITHIN_MS);
    session.transport.once(kind, (event) => resolve(event, clearTimeout(timer)));
  });

const words = (item) => item.content.map((part) => part.text ?? part.transcript ?? "").join("");
const last = (role) => words(session.history.findLast((item) => item.role === role));

await session.connect({ apiKey: "none", url });
console.log("connected");

let done = happens("turn_done");
session.sendMessage("Сколько стоит вызов мастера?");
await done;
assert.match(last("assistant"), /500/);
assert.ok(soundBytes > 48_000, "more than a second of speech");
console.log(`typed: ${last("assistant")}`);

soundBytes = 0;
done = happens("turn_done");
const sound = await readFile(recording);
for (let at = 0; at < sound.length; at += PIECE) {
  const piece = sound.subarray(at, at + PIECE);
  session.sendAudio(piece.buffer.slice(piece.byteOffset, piece.byteOffset + piece.length));
}
await done;
assert.match(last("user"), /во сколько открывается офис.*в субботу/i);
assert.match(last("assistant"), /10/);
assert.ok(soundBytes > 48_000, "more than a second of speech");
console.log(`spoken: ${last("user")} -> ${last("assistant")}`);

assert.deepEqual(errors, []);
session.close();
console.log("the stock client works unchanged");
