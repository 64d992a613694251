// Speaks OpenAI's Realtime protocol over a WebSocket: text and sound in, events out.

import { key } from "./service.js";
import { toBase64 } from "./player.js";
import { t } from "./language.js";

export const RATE_HZ = 24000;

/**
 * Open a session; resolves once it is configured, rejects in words.
 *
 * `events` maps the server's event types to functions; `close` among them is called with whether
 * the end was asked for.
 *
 * @returns {Promise<Session>}
 */
export function openSession({ conversationId, spoken, listening, events }) {
  const socket = new WebSocket(address(conversationId), protocols());
  const session = new Session(socket);
  return new Promise((resolve, reject) => {
    let ready = false;
    let refusal = t("network");
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "session.created") session.configure(spoken, listening);
      else if (event.type === "session.updated" && !ready) {
        ready = true;
        resolve(session);
      } else if (event.type === "error" && !ready) refusal = words(event.error);
      else events[event.type]?.(event);
    };
    socket.onclose = () => (ready ? events.close(session.closing) : reject(new Error(refusal)));
  });
}

const words = ({ code, message }) => (code === "too_many_sessions" ? t("busy") : message);

function address(conversationId) {
  const url = new URL("v1/realtime", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.hash = "";
  url.searchParams.set("model", "beseda");
  if (conversationId) url.searchParams.set("conversation_id", conversationId);
  return url;
}

/** A browser cannot set headers here: OpenAI's own way is to send the key as a subprotocol. */
const protocols = () => ["realtime", ...(key() ? [`openai-insecure-api-key.${key()}`] : [])];

/** A configured session; `closing` is set once its end was asked for. */
export class Session {
  closing = false;
  #socket;

  constructor(socket) {
    this.#socket = socket;
  }

  configure(spoken, listening) {
    const format = { type: "audio/pcm", rate: RATE_HZ };
    this.#send("session.update", {
      session: {
        type: "realtime",
        beseda: true,
        output_modalities: [spoken ? "audio" : "text"],
        audio: {
          input: { format, turn_detection: listening ? { type: "server_vad" } : null },
          output: { format },
        },
      },
    });
  }

  ask(text) {
    this.#send("conversation.item.create", {
      item: { type: "message", role: "user", content: [{ type: "input_text", text }] },
    });
    this.#send("response.create");
  }

  /** Samples of the microphone, at 24 kHz. */
  hear(samples) {
    this.#send("input_audio_buffer.append", { audio: toBase64(samples) });
  }

  /** Tell how much of an answer was really heard: the rest is not part of the conversation. */
  truncate(itemId, heardMs) {
    this.#send("conversation.item.truncate", {
      item_id: itemId, content_index: 0, audio_end_ms: heardMs,
    });
  }

  cancel() {
    this.#send("response.cancel");
  }

  close() {
    this.closing = true;
    this.#socket.close(1000);
  }

  #send(type, fields = {}) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type, ...fields }));
  }
}
