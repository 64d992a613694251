// One question with its answer as the reader sees it: words, sources, where the time went.

import { $, el, icon, ICONS } from "./elements.js";
import { lasting, t } from "./language.js";

const STAGES = ["heard", "found", "first_token", "first_sound"];

/** Milliseconds from the end of the question to each stage, as far as the service told them. */
export function marks(timings) {
  if (!timings) return {};
  const { listen, respond, final_text, passages, first_token, first_audio } = timings;
  if (respond === undefined) return { heard: final_text, found: passages, first_token, first_sound: first_audio };
  return { heard: listen, first_token: (listen ?? 0) + respond, first_sound: first_audio };
}

export function clearTurns() {
  $("turns").replaceChildren();
  $("welcome").hidden = false;
}

export class Turn {
  #asked = el("p", { lang: "ru" });
  #answer = el("p", { className: "answer", lang: "ru" });
  #tools = el("div", { className: "tools", hidden: true });
  #rest = el("div");
  /** @type {any} */
  #reply = null;
  /** Called when an answer that is said again has been said. @type {(() => void) | undefined} */
  said;

  /** `onSpeak(turn)` is called when the reader wants to hear the answer again. */
  constructor(onSpeak) {
    this.speakButton = el("button", { type: "button", className: "quiet", onclick: () => onSpeak(this) });
    this.element = el(
      "article", { className: "turn current waiting" },
      el("div", { className: "asked" }, this.#asked), this.#answer, this.#tools, this.#rest,
    );
    $("welcome").hidden = true;
    $("turns").append(this.element);
    this.speaking(false);
    this.#reveal();
  }

  get answer() {
    return this.#answer.textContent;
  }

  ask(text) {
    this.#asked.textContent = text;
    this.#asked.classList.remove("file");
    this.#reveal();
  }

  /** A recording whose words are not known yet. */
  askFile(name) {
    this.#asked.textContent = t("recording", name);
    this.#asked.classList.add("file");
  }

  append(delta) {
    this.#answer.append(delta);
    this.#reveal();
  }

  /** The whole answer: `{answer, source, sources, timings_ms}` as every door shapes it. */
  finish(reply) {
    this.#reply = reply;
    this.element.classList.remove("waiting");
    this.#answer.textContent = reply.answer;
    this.retell();
    this.#reveal();
  }

  /** How it went, told when it is over: where the time went, and what was heard when cut short. */
  trace({ timings_ms: timings, interrupted, heard }) {
    if (this.#reply === null) this.finish({ answer: this.answer, source: "none", sources: [] });
    this.#reply = { ...this.#reply, timings_ms: timings };
    this.retell();
    if (interrupted) {
      this.#answer.replaceChildren(heard, el("span", { className: "unheard" }, ` … ${t("cut")}`));
    }
  }

  fail(message) {
    this.element.classList.remove("waiting");
    this.element.classList.add("failed");
    this.#answer.textContent = message;
    this.#reveal();
  }

  speaking(on) {
    this.element.classList.toggle("speaking", on);
    this.speakButton.replaceChildren(icon(on ? ICONS.stop : ICONS.play), t(on ? "stop" : "speak"));
  }

  /** Put what depends on the language again. */
  retell() {
    this.speaking(this.element.classList.contains("speaking"));
    if (this.#reply === null) return;
    const { source, sources, timings_ms: timings } = this.#reply;
    const rung = el("span", { className: "rung", "data-rung": source }, t(`rung_${source}`));
    this.#tools.replaceChildren(this.speakButton, rung);
    this.#tools.hidden = false;
    this.#rest.replaceChildren(...[sourceList(sources), timeline(marks(timings))].filter((part) => part !== null));
  }

  #reveal() {
    $("stream").scrollTop = $("stream").scrollHeight;
  }
}

function sourceList(sources) {
  if (!sources.length) return null;
  const list = el("ol", { className: "sources", "aria-label": t("sources") });
  for (const { title, quote } of sources) {
    const summary = el("summary", {}, el("span", { lang: "ru" }, title));
    list.append(el("li", {}, el("details", {}, summary, el("blockquote", { lang: "ru" }, quote))));
  }
  return list;
}

/** The stages as a bar of proportions (for the eye) and a list of times (for everybody). */
function timeline(at) {
  const reached = STAGES.filter((stage) => at[stage] !== undefined);
  if (!reached.length) return null;
  const bar = el("div", { className: "bar", "aria-hidden": "true" });
  const figures = el("dl");
  let before = 0;
  for (const stage of reached) {
    const part = el("i", { "data-stage": stage });
    part.style.flexGrow = String(Math.max(0, at[stage] - before));
    bar.append(part);
    before = Math.max(before, at[stage]);
    figures.append(
      el("div", { "data-stage": stage }, el("dt", {}, t(stage)), el("dd", {}, lasting(at[stage]))),
    );
  }
  return el("figure", { className: "timeline", "aria-label": t("timeline") }, bar, figures);
}
