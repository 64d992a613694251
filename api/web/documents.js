// The operator's documents: listed, added with progress, removed.

import { $, announce, el, icon, ICONS, notice } from "./elements.js";
import { moment, onLanguage, t } from "./language.js";
import { getJson, request, upload } from "./service.js";

let documents = [];
let queue = Promise.resolve();

export async function startDocuments() {
  const chosen = $("document-files", HTMLInputElement);
  $("add-documents").addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", () => {
    addDocuments(chosen.files);
    chosen.value = "";
  });
  await refresh();
  onLanguage(show);
}

async function refresh() {
  documents = (await getJson("v1/documents")).data;
  show();
}

function show() {
  $("document-list").replaceChildren(
    ...(documents.length ? documents.map(row) : [el("li", { className: "empty" }, t("noDocuments"))]),
  );
  $("way-documents-how").textContent =
    documents.length ? t("wayDocumentsSome", documents.length) : t("wayDocumentsNone");
}

function row(document) {
  const about = [document.format.toUpperCase(), t("passages", document.passages), moment(document.updated_at)];
  return el(
    "li", {},
    el("div", { className: "what" },
      el("b", { lang: "ru" }, document.title), el("small", {}, about.join(" · "))),
    el("button", {
      type: "button", className: "quiet icon", "aria-label": t("removeOne", document.title),
      title: t("remove"), onclick: () => remove(document),
    }, icon(ICONS.remove)),
  );
}

async function remove(document) {
  $("remove-title").textContent = t("removeAsk", document.title);
  const dialog = $("remove-dialog", HTMLDialogElement);
  dialog.returnValue = "no";
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  if (dialog.returnValue !== "yes") return;
  try {
    await request(`v1/documents/${encodeURIComponent(document.id)}`, { method: "DELETE" });
    announce(t("removed", document.title));
    await refresh();
    $("add-documents").focus();
  } catch (error) {
    notice(error.message);
  }
}

/** Add files one after another, each with its own progress and its own error. */
export function addDocuments(files) {
  for (const li of $("uploads").querySelectorAll(".done")) li.remove();
  for (const file of files) {
    const line = new Line(file.name);
    queue = queue.then(() => add(file, line));
  }
}

async function add(file, line) {
  const form = new FormData();
  form.append("file", file);
  try {
    const report = await upload("v1/documents", form, (share) => line.progress(share));
    line.done(t(report.documents[0].outcome));
    await refresh();
  } catch (error) {
    line.refuse(error.message);
  }
}

/** One upload as the reader sees it. */
class Line {
  constructor(name) {
    this.bar = el("progress", { max: 1, value: 0, "aria-label": name });
    this.status = el("span", {}, t("waiting"));
    this.element = el("li", {}, el("b", {}, name), this.status, this.bar);
    $("uploads").append(this.element);
  }

  progress(share) {
    this.bar.value = share;
    if (share < 1) return void (this.status.textContent = `${Math.floor(share * 100)} %`);
    this.bar.removeAttribute("value"); // what the service does now has no measure
    this.status.textContent = t("indexing");
  }

  done(outcome) {
    this.bar.remove();
    this.status.textContent = outcome;
    this.element.classList.add("done");
  }

  refuse(reason) {
    this.done(t("refused"));
    this.element.classList.add("bad");
    this.element.append(el("p", {}, reason));
  }
}
