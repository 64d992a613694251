// Earlier conversations: listed, shown again, played again, carried on.

import { $, el, notice } from "./elements.js";
import { moment, onLanguage, t } from "./language.js";
import { getJson, request } from "./service.js";
import { continueConversation, hush, newTurn, sayAgain } from "./talk.js";
import { clearTurns } from "./turns.js";

/** @type {{ list: any[], shown: any, turns: import("./turns.js").Turn[], playing: boolean, onOpen: () => void }} */
const history = { list: [], shown: null, turns: [], playing: false, onOpen: () => {} };

/** `onOpen` is called when a conversation is shown in place of the present one. */
export async function startHistory(onOpen) {
  $("replay").addEventListener("click", () => (history.playing ? stop() : play()));
  $("carry-on").addEventListener("click", carryOn);
  history.onOpen = onOpen;
  await refreshHistory();
  onLanguage(show);
}

export async function refreshHistory() {
  history.list = (await getJson("v1/conversations")).data;
  show();
}

/** Leave the conversation that is being shown. */
export function leaveReplay() {
  stop();
  history.shown = null;
  show();
}

function show() {
  const rows = history.list.map(row);
  $("conversation-list").replaceChildren(
    ...(rows.length ? rows : [el("li", { className: "empty" }, t("noConversations"))]),
  );
  const { shown } = history;
  $("replaying").hidden = shown === null;
  if (shown) $("replaying-title").textContent = t("replaying", moment(shown.created_at));
  $("replay").textContent = t(history.playing ? "stopReplay" : "replay");
  for (const turn of history.turns) turn.retell();
}

function row(info) {
  const button = el(
    "button", { type: "button", className: "open", onclick: () => open(info.id) },
    el("b", { lang: "ru" }, info.title || t("unheard")),
    el("small", {}, `${moment(info.updated_at)} · ${t("turnsOf", info.turns)}`),
  );
  if (info.id === history.shown?.id) button.setAttribute("aria-current", "true");
  return el("li", {}, button);
}

async function open(id) {
  try {
    stop();
    const conversation = await getJson(`v1/conversations/${encodeURIComponent(id)}`);
    continueConversation(id);
    clearTurns();
    history.shown = conversation;
    history.turns = conversation.turns.map(shownTurn);
    history.onOpen();
    show();
    await hear(conversation.recording);
    $("stream").scrollTop = 0;
    $("replay").focus();
  } catch (error) {
    notice(error.message);
  }
}

/** A call's recording, if it has one: the caller left, the assistant right. */
async function hear(recording) {
  const player = $("call-recording", HTMLAudioElement);
  URL.revokeObjectURL(player.src);
  player.hidden = !recording;
  player.removeAttribute("src");
  if (!recording) return;
  const sound = await (await request(recording.url.slice(1))).blob(); // a plain link has no key
  player.src = URL.createObjectURL(sound);
}

function shownTurn(kept) {
  const turn = newTurn();
  turn.ask(kept.question || t("unheard"));
  turn.finish(kept);
  return turn;
}

/** Speak the answers one after another, each in sight. */
async function play() {
  history.playing = true;
  show();
  try {
    for (const turn of history.turns) {
      if (!history.playing) return;
      turn.element.scrollIntoView({ block: "center" });
      await sayAgain(turn);
    }
  } catch (error) {
    notice(error.message);
  }
  stop();
}

function stop() {
  if (!history.playing) return;
  history.playing = false;
  hush();
  show();
}

function carryOn() {
  leaveReplay();
  $("question").focus();
}
