// What every page uses: words in two languages, elements, tables, and calls of the API.

const kept = localStorage.getItem("language");
export const language = kept ?? document.documentElement.lang;
document.documentElement.lang = language;
const words = await (await fetch(`/static/words-${language}.json`)).json();
const locale = language === "zh" ? "zh-CN" : "en-GB";

/** A text in the reader's language; {name} is filled in. */
export function t(message, values = {}) {
  return (words[message] ?? message).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** What a column of a table is called. */
export const column = (table, name) => words[`${table}.${name}`] ?? t(name);

export function setLanguage(other) {
  localStorage.setItem("language", other);
  location.reload();
}

export function languageButton() {
  const other = language === "zh" ? "en" : "zh";
  return h("button", { lang: other, click: () => setLanguage(other) }, other === "en" ? "English" : "中文");
}

/** An element: h("a", {href: "#"}, "text", another). Event handlers are given as functions. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

export const link = (path, text) => h("a", { href: `#/${path.split("/").map(encodeURIComponent).join("/")}` }, text);
export const card = (label, figure, note = "") => h("div", { class: "card" }, h("p", { class: "note" }, label), h("p", { class: "figure" }, figure), h("p", { class: "note" }, note));
export const field = (label, input) => h("label", {}, label, input);
export const acts = (...children) => (children.some(Boolean) ? h("span", { class: "acts" }, ...children.filter(Boolean)) : null);
export const choice = (attributes, pairs, chosen) => h("select", attributes, pairs.map(([value, label]) => h("option", { value, selected: value === chosen }, label)));

/** What the API refused, with its texts. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

let bearer = null;
export function useKey(key) {
  bearer = key;
}

async function answered(method, path, body, headers) {
  const sent = { "Accept-Language": language, ...headers };
  if (bearer) sent.Authorization = `Bearer ${bearer}`;
  if (method === "POST") sent["Idempotency-Key"] = [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
  let content = body;
  if (body !== undefined && !(body instanceof Blob)) {
    content = JSON.stringify(body);
    sent["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(`/v1${path}`, { method, headers: sent, body: content });
  } catch {
    throw new Refused({ title: t("The server cannot be reached."), remedy: t("Check the network and try again."), code: "unreachable" });
  }
  if (answer.ok) return answer;
  const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  throw new Refused(told ?? { title: `HTTP ${answer.status}`, remedy: t("Check the network and try again."), code: String(answer.status) });
}

/** Calls the API; answers its JSON with the ETag, or throws Refused. */
export async function call(method, path, body, headers = {}) {
  const answer = await answered(method, path, body, headers);
  const json = answer.headers.get("Content-Type")?.includes("json");
  return { told: json ? await answer.json() : null, etag: answer.headers.get("ETag") };
}

export const get = async (path) => (await call("GET", path)).told;

/** Fetches a file and hands it to the browser to keep, so that a refusal is shown on the page. */
export async function download(path) {
  const answer = await answered("GET", path, undefined, {});
  const name = answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? "";
  const address = URL.createObjectURL(await answer.blob());
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Every row of a list of the API, page by page. */
export async function all(path) {
  const found = [];
  for (let after = ""; after != null;) {
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=1000${after && `&after=${encodeURIComponent(after)}`}`);
    found.push(...page.items);
    after = page.next;
  }
  return found;
}

/** Names of the registry's rows by their ids. */
export async function namesOf(table, column = "name") {
  return new Map((await all(`/records/${table}`)).map((r) => [r.key, r.cells[column]]));
}

/** Shows why something was refused, at the head of the page or of the dialog that is open. */
export function showProblem(error) {
  if (error.problem?.code === "not_signed_in" && !bearer) window.dispatchEvent(new Event("signed-out"));
  if (!error.problem) console.error(error);
  const problem = error.problem ?? { title: t("The page failed."), remedy: String(error.message ?? error) };
  const rows = (problem.faults ?? []).slice(0, 200).map((f) =>
    h("tr", {}, h("td", {}, [f.table && t(f.table), f.row && t("row {n}", { n: f.row }), f.field && column(f.table, f.field)].filter(Boolean).join(" · ")), h("td", {}, f.message), h("td", {}, f.remedy)));
  const box = h("div", { class: "problem", role: "alert" }, h("strong", {}, problem.title), " ", problem.remedy ?? "",
    problem.code === "internal" ? h("div", {}, t("Request id"), " ", problem.request_id ?? "") : null,
    rows.length ? h("div", { class: "wide" }, h("table", {}, h("tbody", {}, rows))) : null);
  document.querySelectorAll(".problem").forEach((old) => old.remove());
  (document.querySelector("dialog[open]") ?? document.getElementById("main")).prepend(box);
  box.scrollIntoView({ block: "nearest" });
}

/** Wraps a handler so that whatever it refuses is shown, and its button works once at a time. */
export const safely = (work) => async (event) => {
  event?.preventDefault?.();
  const button = event?.submitter ?? event?.currentTarget;
  document.querySelectorAll(".problem").forEach((old) => old.remove());
  if (button) button.disabled = true;
  try {
    await work(event);
  } catch (error) {
    showProblem(error);
  } finally {
    if (button) button.disabled = false;
  }
};

export const button = (label, work, attributes = {}) => h("button", { type: "button", ...attributes, click: safely(work) }, label);

/** Asks in a dialog; fields are {label, options or …attributes of an input}. Sends with `work`, and closes once that has succeeded. */
export function ask(title, fields, go, work) {
  const inputs = fields.map(({ label, value, options, ...rest }) => [label, options ? choice(rest, options, value) : h("input", { ...rest, value })]);
  const dialog = h("dialog", { "aria-label": title, close: () => dialog.remove() },
    h("form", { submit: safely(async () => { await work(...inputs.map(([, input]) => (input.type === "password" ? input.value : input.value.trim()))); dialog.close(); }) },
      h("p", { class: "title" }, title), inputs.map(([label, input]) => field(label, input)),
      h("span", { class: "acts" }, h("button", { class: "main" }, go), h("button", { type: "button", click: () => dialog.close() }, t("Leave it")))));
  document.body.append(dialog);
  dialog.showModal();
}

/** Says what became of something, above whatever is shown next, until it is closed or something else is said. */
export function announce(text) {
  document.querySelectorAll(".said").forEach((old) => old.remove());
  const box = h("div", { class: "said", role: "status" }, h("span", {}, text), h("button", { type: "button", click: () => box.remove() }, t("Close")));
  document.body.append(box);
}

/** Shows a secret that is told this once, to be copied. */
export function tell(title, text) {
  const shown = h("textarea", { readonly: true, rows: 3, "aria-label": title }, text);
  const said = h("span", { role: "status" });
  const copy = async () => { shown.select(); await navigator.clipboard.writeText(text); said.textContent = t("Copied."); };
  const dialog = h("dialog", { "aria-label": title, close: () => dialog.remove() }, h("p", { class: "title" }, title), shown,
    h("p", { class: "acts" }, button(t("Copy"), copy, { class: "main" }), h("button", { type: "button", click: () => dialog.close() }, t("Close")), said));
  document.body.append(dialog);
  dialog.showModal();
  shown.select();
}

const short = (x) => typeof x === "string" && x.length < 20;

/** A table without the columns in which no row has anything; one that ends in buttons is a list of cards on a phone. */
export function table(heads, rows, empty = t("Nothing yet.")) {
  if (!rows.length) return h("p", { class: "empty" }, empty);
  const used = heads.map((_, i) => rows.some((cells) => cells[i] != null && cells[i] !== ""));
  const kept = (cells) => cells.filter((_, i) => used[i]);
  const names = kept(heads);
  return h("div", { class: "wide", tabindex: 0 }, h("table", { class: heads.at(-1) === "" ? "deeds" : null }, h("thead", {}, h("tr", {}, names.map((x) => h("th", { scope: "col" }, x)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, kept(cells).map((x, i) => h("td", { class: short(x) ? "whole" : null, "data-name": names[i] }, x ?? "")))))));
}

/** A list of the API as a table that grows page by page; one that is searched is asked for with what is sought. */
export async function list(path, heads, row, empty, sought) {
  const box = h("section", {});
  const found = [];
  let after = null;
  async function load() {
    const page = (await call(sought ? "POST" : "GET", `${path}${path.includes("?") ? "&" : "?"}limit=100${after ? `&after=${encodeURIComponent(after)}` : ""}`, sought)).told;
    found.push(...page.items.map((one) => row(one, page)));
    after = page.next;
    const more = after ? button(t("More"), load) : null;
    const grown = box.childElementCount > 0;
    box.replaceChildren(table(heads, found, empty), ...(more ? [h("p", {}, t("{n} shown", { n: found.length }), " ", more)] : []));
    if (grown) more?.focus({ preventScroll: true });
  }
  await load();
  return box;
}

export const when = (text) => (text ? new Date(text).toLocaleString(locale, { dateStyle: "short", timeStyle: "short" }) : "");
export const local = (time) => (time ? time.slice(0, 16).replace("T", " ") : "");
export const yuan = (n) => (n == null ? "" : `¥${Math.round(n).toLocaleString(locale)}`);
export const fen = (n) => (n == null ? "" : `¥${n.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`);
export const percent = (share) => (share == null ? "" : `${(100 * share).toFixed(1)}%`);

const TYPES = { csv: "text/csv", zip: "application/zip", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };

/** Sends a file as it is, if its name ends in one of these; answers what the API tells. */
export async function sendFile(path, file, endings) {
  const ending = file.name.toLowerCase().split(".").pop();
  if (!endings.includes(ending)) throw new Refused({ title: t("Files of this kind are not read."), remedy: t("Choose a file that ends in {endings}.", { endings: endings.map((e) => `.${e}`).join(" / ") }), code: "media_type" });
  return (await call("POST", path, new Blob([await file.arrayBuffer()]), { "Content-Type": TYPES[ending] })).told;
}
