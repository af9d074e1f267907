// What every page uses: words in two languages, elements, and calls of the API.

const kept = localStorage.getItem("language");
export const language = kept ?? document.documentElement.lang;
document.documentElement.lang = language;
const words = await (await fetch(`/static/words-${language}.json`)).json();

/** A text in the reader's language; {name} is filled in. */
export function t(message, values = {}) {
  return (words[message] ?? message).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function setLanguage(to) {
  localStorage.setItem("language", to);
  location.reload();
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

/** Calls the API; answers its JSON with the ETag, or throws Refused. */
export async function call(method, path, body, headers = {}) {
  const sent = { "Accept-Language": language, ...headers };
  if (bearer) sent.Authorization = `Bearer ${bearer}`;
  if (method === "POST") sent["Idempotency-Key"] ??= [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
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
  const json = answer.headers.get("Content-Type")?.includes("json");
  const told = json ? await answer.json() : null;
  if (!answer.ok) throw new Refused(told ?? { title: `${answer.status}`, remedy: "", code: String(answer.status) });
  return { told, etag: answer.headers.get("ETag"), location: answer.headers.get("Location"), status: answer.status };
}

export const get = async (path) => (await call("GET", path)).told;

/** Shows why something was refused, at the head of the page. */
export function showProblem(error) {
  const problem = error.problem ?? { title: String(error), remedy: "" };
  const rows = (problem.faults ?? []).slice(0, 200).map((f) =>
    h("tr", {}, h("td", {}, [f.table && t(f.table), f.row, f.field && t(f.field)].filter((x) => x != null).join(" · ")), h("td", {}, f.message), h("td", {}, f.remedy)));
  const box = h("div", { class: "problem", role: "alert" }, h("strong", {}, problem.title), " ", problem.remedy ?? "",
    rows.length ? h("table", {}, h("tbody", {}, rows)) : null);
  document.querySelector(".problem")?.remove();
  document.getElementById("main").prepend(box);
  box.scrollIntoView({ block: "nearest" });
}

/** Wraps a handler so that whatever it refuses is shown. */
export const safely = (work) => async (event) => {
  event?.preventDefault?.();
  document.querySelector(".problem")?.remove();
  try {
    await work(event);
  } catch (error) {
    showProblem(error);
  }
};

export function table(heads, rows, empty = t("Nothing yet.")) {
  if (!rows.length) return h("p", { class: "empty" }, empty);
  return h("div", { class: "wide" }, h("table", {}, h("thead", {}, h("tr", {}, heads.map((x) => h("th", {}, x)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((x) => h("td", {}, x ?? "")))))));
}

export const when = (text) => (text ? new Date(text).toLocaleString(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short" }) : "");
export const yuan = (n) => (n == null ? "" : `¥${Math.round(n).toLocaleString()}`);
export const percent = (share) => (share == null ? "" : `${(100 * share).toFixed(1)} %`);

/** A list of the API as a table that grows page by page. */
export async function list(path, heads, row, empty) {
  const box = h("section", {});
  const found = [];
  let after = null;
  async function load() {
    const page = await get(`${path}${path.includes("?") ? "&" : "?"}limit=100${after ? `&after=${encodeURIComponent(after)}` : ""}`);
    found.push(...page.items.map(row));
    after = page.next;
    box.replaceChildren(table(heads, found, empty));
    if (after) box.append(h("p", {}, h("button", { click: safely(load) }, t("More"))));
  }
  await load();
  return [box];
}

const TYPES = { csv: "text/csv", zip: "application/zip", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" };

/** Sends a file as it is; answers what the API tells. */
export async function sendFile(path, file) {
  const type = TYPES[file.name.toLowerCase().split(".").pop()] ?? "application/octet-stream";
  return (await call("POST", path, new Blob([await file.arrayBuffer()]), { "Content-Type": type })).told;
}
