// The registry: rows of a scenario's tables, edited one by one, with their history.

import { ask, button, call, column, field, get, h, link, list, safely, t, table, when } from "./base.js";

const TABLES = ["enterprises", "vacancies", "intentions", "suppliers", "pickups", "fleets", "hotels", "zones", "busy", "closures", "distances"];
const NEW = "+";
const tableOf = async (kind) => (await (await fetch("/static/columns.json")).json())[kind] ?? { columns: [], key: [] };

export async function records(looker, kind = "enterprises", key) {
  const { me } = looker;
  const shown = me.role === "enterprise" ? ["enterprises", "vacancies"] : TABLES;
  const head = h("p", { class: "tabs" }, shown.map((name) => link(`records/${name}`, t(name))));
  const { columns, key: parts } = await tableOf(kind);
  if (key) return [head, ...(await oneRecord(looker, kind, columns, parts, key))];
  const named = (r) => columns.map((c, i) => (i === 0 ? link(`records/${kind}/${r.key}`, r.cells[c.name] ?? r.key) : c.name === "risk" ? t(r.cells[c.name]) : r.cells[c.name]));
  const withState = kind === "vacancies";
  return [head, h("h2", {}, t(kind)), me.role === "planner" || (me.role === "enterprise" && kind === "vacancies") ? h("p", {}, link(`records/${kind}/${NEW}`, t("New row"))) : null,
    await list(`/records/${kind}`, [...columns.map((c) => column(kind, c.name)), withState ? t("State") : ""], (r) => [...named(r), withState && r.state ? t(r.state) : ""])];
}

async function oneRecord({ me, again }, kind, columns, parts, key) {
  const at = `/records/${kind}/${encodeURIComponent(key)}`;
  const fresh = key === NEW;
  const mine = me.role === "planner" || me.role === "enterprise";
  let now = null;
  if (!fresh) {
    try {
      now = await call("GET", at);
    } catch (error) {
      if (error.problem?.code !== "not_found") throw error; // taken out: its history stays
    }
  }
  const cells = now?.told.cells ?? (fresh && me.role === "enterprise" ? { vacancy_id: `${me.subject}-`, enterprise_id: me.subject } : {});
  const inputs = columns.map((c) => [c.name, h("input", { value: cells[c.name], required: c.required, disabled: !mine, maxlength: 500 })]);
  const save = safely(async () => {
    const body = Object.fromEntries(inputs.map(([name, input]) => [name, input.value.trim() || null]));
    const to = fresh ? parts.map((name) => body[name]).join("|") : key;
    await call("PUT", `/records/${kind}/${encodeURIComponent(to)}`, body, fresh ? { "If-None-Match": "*" } : { "If-Match": now.etag });
    if (fresh) location.hash = `#/records/${kind}/${encodeURIComponent(to)}`;
    else await again();
  });
  const form = now || fresh ? h("form", { class: "record", submit: save }, inputs.map(([name, input]) => field(column(kind, name), input)), mine ? h("button", { class: "main" }, t("Save")) : null) : h("p", { class: "note" }, t("removed"));
  const gone = async (method, path) => { await call(method, path, undefined, { "If-Match": now.etag }); location.hash = `#/records/${kind}`; };
  const remove = button(t("Take out"), () => ask(t("Take {name} out of the registry? Its history stays.", { name: key }), [], t("Take out"), () => gone("DELETE", at)));
  const fill = button(t("Posts filled"), () => ask(t("How many posts were filled from elsewhere?"), [{ label: t("Number"), type: "number", min: 1, required: true }], t("Save"), async (count) => {
    await call("POST", `/vacancies/${encodeURIComponent(key)}/fill`, { count: Number(count) }, { "If-Match": now.etag });
    await again();
  }));
  const withdraw = button(t("Withdraw"), () => ask(t("Withdraw {name}?", { name: key }), [], t("Withdraw"), () => gone("POST", `/vacancies/${encodeURIComponent(key)}/withdraw`)));
  return [h("h2", {}, fresh ? `${t(kind)}: ${t("New row")}` : key), form,
    mine && now ? h("p", { class: "acts" }, kind === "vacancies" ? [fill, withdraw] : remove) : null,
    ...(fresh ? [] : [h("h2", {}, t("History")), history(me, kind, await get(`${at}/history`))])];
}

function history(me, kind, changes) {
  const body = (told) => told?.body ?? told ?? {};
  const differing = (c) => {
    const [before, after] = [body(c.before), body(c.after)];
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((k) => String(before[k] ?? "") !== String(after[k] ?? ""))
      .map((k) => h("div", {}, `${column(kind, k)}: ${[before[k], after[k]].map((v) => v ?? "—").join(" → ")}`));
  };
  return table([t("When"), t("Who"), t("What"), t("Before → after")], changes.map((c) => [when(c.at), c.by_name ?? (me.role === "enterprise" ? t("the bureau") : t(c.by)), t(c.action), c.before && c.after ? h("div", {}, differing(c)) : ""]));
}
