// Starts the page: which section is shown, what the keys and dropped files do.

import { $, all, announce, notice } from "./elements.js";
import { onLanguage, startLanguage, t } from "./language.js";
import { addDocuments, startDocuments } from "./documents.js";
import { leaveReplay, refreshHistory, startHistory } from "./history.js";
import { askFile, askText, call, continueConversation, hangUp, hush, mute, startTalk, state } from "./talk.js";
import { clearTurns } from "./turns.js";

const SOUND = "beseda.sound";
const READY_AGAIN_MS = 3000;

function show(view) {
  document.body.dataset.view = view;
  const beside = view === "talk" ? "documents" : view; // on a wide window the side is never empty
  const narrow = matchMedia("(max-width: 900px)").matches;
  for (const button of all(".views button")) {
    const current = button.dataset.view === (narrow ? view : beside);
    if (current) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}

function startViews() {
  for (const button of all(".views button")) {
    button.addEventListener("click", () => show(button.dataset.view));
  }
  matchMedia("(max-width: 900px)").addEventListener("change", () => show(document.body.dataset.view));
  show("talk");
}

function startComposer() {
  const question = $("question", HTMLTextAreaElement);
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = question.value.trim();
    if (!text) return question.focus();
    question.value = "";
    leaveReplay();
    askText(text);
  });
  question.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $("composer", HTMLFormElement).requestSubmit();
  });
  const chooseAudio = () => $("audio-file").click();
  const startCall = () => {
    leaveReplay();
    call();
  };
  $("attach").addEventListener("click", chooseAudio);
  $("talk").addEventListener("click", startCall);
  $("hang-up").addEventListener("click", hangUp);
  $("mute").addEventListener("click", mute);
  const chosen = $("audio-file", HTMLInputElement);
  chosen.addEventListener("change", () => {
    dropped([...(chosen.files ?? [])]);
    chosen.value = "";
  });
  const ways = { talk: startCall, file: chooseAudio, documents: () => $("document-files").click() };
  for (const button of all("[data-way]")) {
    button.addEventListener("click", ways[button.dataset.way]);
  }
  // Escape stops whatever sounds, and then the call.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) hush();
  });
}

function startOptions() {
  const sound = $("sound");
  const remember = (on) => {
    sound.setAttribute("aria-pressed", on);
    localStorage.setItem(SOUND, on);
    if (!on) hush();
  };
  remember(localStorage.getItem(SOUND) !== "false");
  sound.addEventListener("click", () => remember(sound.getAttribute("aria-pressed") !== "true"));
  $("new").addEventListener("click", () => {
    leaveReplay();
    continueConversation(null);
    clearTurns();
    notice();
    show("talk");
    $("question").focus();
  });
}

const SOUNDING = /\.(wav|mp3|ogg|oga|opus|flac|m4a|aac|webm|mp4|mov|amr|caf|aiff?|wma|mkv|au)$/i;
const sounds = (file) => /^(audio|video)\//.test(file.type) || SOUNDING.test(file.name);

/** A recording asks; anything else is a document. */
function dropped(files) {
  const recordings = files.filter(sounds);
  const documents = files.filter((file) => !sounds(file));
  if (documents.length) {
    show("documents");
    addDocuments(documents);
  } else if (recordings.length) {
    show("talk");
    leaveReplay();
    askFile(recordings[0]);
  }
}

function startDropping() {
  let inside = 0;
  const drag = (change) => document.body.classList.toggle("dragged", (inside += change) > 0);
  addEventListener("dragenter", () => drag(+1));
  addEventListener("dragleave", () => drag(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    drag(-inside);
    dropped([...(event.dataTransfer?.files ?? [])]);
  });
}

const PARTS = { asr: "partAsr", calls: "partCalls", tts: "partTts", store: "partStore" };

/** Say above what is not ready yet, and look again until all is. */
async function watchReadiness() {
  const { ready, checks } = await fetch("readyz").then((response) => response.json(), () => ({}));
  if (checks === undefined) $("readiness").textContent = t("offline");
  else {
    const states = Object.values(checks);
    const bad = Object.keys(checks).filter((part) => checks[part] === "failed");
    const text = bad.length ? t("degraded", bad.map((part) => t(PARTS[part])).join(", ")) : t("loading");
    $("readiness").textContent = ready || states.every((part) => part === "ready") ? "" : text;
  }
  if (!ready) setTimeout(watchReadiness, READY_AGAIN_MS);
}

async function start() {
  startLanguage();
  startViews();
  startComposer();
  startOptions();
  startDropping();
  startTalk(() => refreshHistory().catch((error) => notice(error.message)));
  onLanguage(() => state());
  watchReadiness();
  try {
    await Promise.all([startDocuments(), startHistory(() => show(narrowView()))]);
  } catch (error) {
    notice(error.message);
    announce(error.message);
  }
}

/** On a phone a replay is seen in the talk section; on a wide window the list stays beside it. */
const narrowView = () => (matchMedia("(max-width: 900px)").matches ? "talk" : "history");

start();
