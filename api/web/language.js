// Which language the page speaks: chosen, remembered, or the browser's. Knows of no other
// module but the elements and the strings.

import { all } from "./elements.js";
import { STRINGS } from "./strings.js";

const REMEMBERED = "beseda.language";
const CATEGORIES = { ru: ["one", "few", "many"], en: ["one", "other"] };
const listeners = new Set();

export let language =
  localStorage.getItem(REMEMBERED) ?? (navigator.language.startsWith("ru") ? "ru" : "en");

/**
 * The text of `key`, with `n` put in; a plural follows the number `n`.
 *
 * @param {string} key
 * @param {string | number} n
 * @returns {string}
 */
export function t(key, n = "") {
  let text = STRINGS[language][key];
  if (Array.isArray(text)) {
    const category = new Intl.PluralRules(language).select(Number(n));
    text = text[Math.max(0, CATEGORIES[language].indexOf(category))];
  }
  return text.replace("{n}", String(n));
}

/** Whether there is a text of this name. */
export const known = (key) => key in STRINGS[language];

/** A length of time: milliseconds below a second, seconds from there. */
export function lasting(ms) {
  if (ms < 1000) return t("ms", Math.round(ms));
  return t("seconds", number(ms / 1000, 2));
}

export const number = (value, digits) =>
  value.toLocaleString(language, { maximumFractionDigits: digits });

/** A date as one says it, with the time of day; it is not broken over lines. */
export const moment = (iso) =>
  new Date(iso).toLocaleString(language, {
    day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
  }).replace(/ /g, "\u00a0");

/** Calls `listener` now, and again whenever the language changes. */
export function onLanguage(listener) {
  listeners.add(listener);
  listener();
}

export function speakLanguage(chosen) {
  language = chosen;
  localStorage.setItem(REMEMBERED, chosen);
  listeners.forEach((listener) => listener());
}

const named = (element, attribute) => t(/** @type {string} */ (element.getAttribute(attribute)));

/** Put the texts that `root` asks for by `data-t`, `data-t-label` and `data-t-placeholder`. */
export function translate(root = document) {
  for (const element of all("[data-t]", root)) element.textContent = named(element, "data-t");
  for (const element of all("[data-t-label]", root)) {
    element.setAttribute("aria-label", named(element, "data-t-label"));
    if (element.matches("button")) element.title = named(element, "data-t-label");
  }
  for (const element of all("[data-t-placeholder]", root)) {
    element.setAttribute("placeholder", named(element, "data-t-placeholder"));
  }
}

export function startLanguage() {
  const buttons = all("[data-language]");
  for (const button of buttons) {
    button.addEventListener("click", () => speakLanguage(button.dataset.language));
  }
  onLanguage(() => {
    document.documentElement.lang = language;
    document.title = t("brand");
    translate();
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    }
  });
}
