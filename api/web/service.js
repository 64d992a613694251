// Speaks HTTP with the service: the key, errors in words, uploads with progress.

import { $ } from "./elements.js";
import { known, t } from "./language.js";

const KEPT = "beseda.key";
const REASONS = {
  reasonEmpty: /file is empty/, reasonBroken: /broken or encrypted/, reasonFormat: /unknown format/,
  reasonBinary: /binary content|encoding is unknown/, reasonNoText: /no text|no readable text/,
};

/** A request that the service refused; `code` is the service's own, `message` for people. */
export class Refused extends Error {
  constructor(status, body) {
    const { code, message } = body?.error ?? {};
    const words = translated(message ?? `HTTP ${status}`);
    super(code && known(`error_${code}`) ? t(`error_${code}`, words) : words);
    this.status = status;
    this.code = code;
  }
}

/** A reason that the service gives in English, in the page's language where it is a usual one. */
function translated(message) {
  const [name] = Object.entries(REASONS).find(([, english]) => english.test(message)) ?? [];
  return name ? t(name) : message;
}

export const key = () => sessionStorage.getItem(KEPT);

const authorization = () => (key() ? { Authorization: `Bearer ${key()}` } : {});

/** `fetch` with the key; asks for one while the service demands it. Throws Refused. */
export async function request(path, options = {}) {
  for (;;) {
    const tried = key();
    const response = await reach(path, { ...options, headers: { ...options.headers, ...authorization() } });
    if (response.status === 401) {
      await askForKey(tried);
      continue;
    }
    if (!response.ok) throw new Refused(response.status, await response.json().catch(() => null));
    return response;
  }
}

export const getJson = async (path) => (await request(path)).json();

export const postJson = (path, body) =>
  request(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Error(t("network"));
  }
}

/** Send a form; `progress` is told the share that has gone out. Only XMLHttpRequest can tell it. */
export async function upload(path, form, progress) {
  for (;;) {
    const tried = key();
    const { status, body } = await send(path, form, progress);
    if (status === 401) await askForKey(tried);
    else if (status >= 400) throw new Refused(status, body);
    else return body;
  }
}

function send(path, form, progress) {
  const sending = new XMLHttpRequest();
  sending.open("POST", path);
  sending.responseType = "json";
  for (const [name, value] of Object.entries(authorization())) sending.setRequestHeader(name, value);
  sending.upload.onprogress = (event) => {
    if (event.lengthComputable) progress(event.loaded / event.total);
  };
  return new Promise((resolve, reject) => {
    sending.onload = () => resolve({ status: sending.status, body: sending.response });
    sending.onerror = () => reject(new Error(t("network")));
    sending.send(form);
  });
}

/** @type {Promise<void> | null} */
let asking = null;

/** One dialog, however many requests wait for the key. `tried` is the key that did not fit. */
function askForKey(tried) {
  if (key() !== tried) return Promise.resolve(); // another request has been told a newer one
  asking ??= new Promise((/** @type {() => void} */ resolve) => {
    const dialog = $("key-dialog", HTMLDialogElement);
    $("key-wrong").hidden = tried === null;
    const field = $("key", HTMLInputElement);
    field.value = "";
    dialog.oncancel = (event) => event.preventDefault();
    dialog.onclose = () => {
      sessionStorage.setItem(KEPT, field.value.trim());
      asking = null;
      resolve();
    };
    dialog.showModal();
  });
  return asking;
}
