// Making and finding elements. Text goes in as text, never as markup.

/**
 * The element of the page with this id; throws if there is none, or of another kind.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function $(id, kind = /** @type {any} */ (HTMLElement)) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`no ${kind.name} has the id ${id}`);
  return element;
}

/** @returns {HTMLElement[]} */
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/**
 * An element with properties (`data-*` and `aria-*` as attributes) and children.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-")) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** A small line drawing, 24 by 24. */
export function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const ICONS = {
  play: "M8 5.5v13l10.5-6.5z",
  stop: "M7 7h10v10H7z",
  remove: "M5 7h14M10 7V4.5h4V7M7 7l1 12.5h8L17 7",
};

/** Say something to a screen reader without moving its focus. */
export function announce(text) {
  $("announcer").textContent = text;
}

/** Show what went wrong above the composer; nothing hides it. */
export function notice(text = "") {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}
