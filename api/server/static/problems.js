// The problem list 问题清单: what is open, whose it is, until when, and what was done about it.

import { call, choice, fen, get, h, link, list, safely, t, table, when } from "./base.js";

const CATEGORIES = ["workers", "health", "supplies", "materials", "transport", "money", "other"];
const named = (i) => (i.code in { claimed_twice: 1, windows_differ: 1, worker_withdrew: 1, number_shared: 1 } ? t(i.code) : t(`flag.${i.code}`));
const LISTED = 10; // of more workers a list shows so many
const NOT_TOLD = ["claimants", "event"];
const NUMBERS = ["heads", "riders", "event"]; // which a history tells by their names
const VIEWS_OF_TRIPS = ["planner", "administrator", "auditor", "health"];
const worker = (id) => link(`workers/${id}`, id);
const titled = (names, id) => (names[id] ? `${names[id]} ${id}` : id);

/** What an item is about, as elements; of many workers a list shows the first ones, the page of the item all. */
function about(i, names, me, most = LISTED) {
  const values = i.values;
  const workers = (ids) => [`${ids.length}: `, ...ids.slice(0, most).flatMap((id, n) => [n ? ", " : "", worker(id)]), ids.length > most ? " …" : ""];
  const trip = (id) => (VIEWS_OF_TRIPS.includes(me.role) ? link(`under-way/${values.plan_id}/${id}`, id) : id);
  const told = {
    worker_id: worker, worker_ids: workers, others: workers, trip_id: trip, place_id: (id) => titled(names, id),
    reason: t, table: t, kit: (kit) => t(`kit.${kit}`), cost_fen: (n) => fen(n / 100), budget_fen: (n) => fen(n / 100), due_fen: (n) => fen(n / 100),
  };
  const twice = (name) => (name === "plan_id" && values.trip_id) || (name === "workers" && values.worker_ids);
  const facts = Object.entries(values).filter(([name]) => !NOT_TOLD.includes(name) && !twice(name));
  return h("span", {}, facts.flatMap(([name, value], n) => [n ? " · " : "", `${t({ worker_id: "worker", place_id: "place" }[name] ?? name)} `, (told[name] ?? String)(value)].flat()));
}

const owner = (i, names) => (i.owner ? names[i.owner] ?? i.owner : i.enterprise_id ? titled(names, i.enterprise_id) : i.category === "health" ? t("health") : t("the bureau"));

export async function problems({ me, again }, itemId) {
  if (itemId) return one(me, again, itemId);
  const counts = await get("/items/counts");
  const cards = counts.items.map((c) => h("div", { class: "card" }, h("p", { class: "note" }, t(`category.${c.category}`)), h("p", { class: "figure" }, c.raised - c.settled),
    h("p", { class: c.overdue ? "bad" : "note" }, c.overdue ? t("{n} overdue", { n: c.overdue }) : t("{n} settled of {of}", { n: c.settled, of: c.raised }))));
  const filter = (name, options) => h("select", { name, change: show }, h("option", { value: "" }, t("all")), options.map(([value, text]) => h("option", { value }, text)));
  const fields = {
    open: filter("open", [["true", t("open")], ["false", t("settled")]]),
    category: filter("category", CATEGORIES.map((c) => [c, t(`category.${c}`)])),
    level: filter("level", ["county", "prefecture"].map((l) => [l, t(`level.${l}`)])),
  };
  fields.open.value = "true";
  const late = h("input", { type: "checkbox", change: show });
  const mine = h("input", { type: "checkbox", change: show });
  const found = h("div", {});
  async function show() {
    const query = new URLSearchParams(Object.entries(fields).map(([name, field]) => [name, field.value]).filter(([, value]) => value));
    if (late.checked) query.set("overdue", "true");
    if (mine.checked) query.set("mine", "true");
    found.replaceChildren(await list(`/items?${query}`, [t("Due"), t("Level"), t("Category"), t("What"), t("About"), t("Owner"), ""], (i, { names }) => [
      h("span", { class: i.overdue ? "bad whole" : "whole" }, i.settled_at ? "" : when(i.due_at), i.overdue ? ` ${t("overdue")}` : ""), t(`level.${i.level}`), t(`category.${i.category}`), named(i), about(i, names, me), owner(i, names),
      h("a", { href: `#/items/${i.item_id}` }, i.settled_at ? t("settled") : t("Open"))]));
  }
  await show();
  return [h("div", { class: "cards" }, cards), h("form", {}, h("label", {}, t("State"), fields.open), h("label", {}, t("Category"), fields.category), h("label", {}, t("Level"), fields.level),
    h("label", { class: "inline" }, late, t("Only overdue")), h("label", { class: "inline" }, mine, t("Only mine"))), found];
}

async function one(me, again, itemId) {
  const at = `/items/${encodeURIComponent(itemId)}`;
  const i = await get(at);
  const owners = me.role === "planner" && !i.settled_at ? (await get(`${at}/owners`)).items : [];
  const called = new Map(owners.map((o) => [o.account_id, [o.name, t(o.role), o.subject].filter(Boolean).join(" · ")]));
  const match = { "If-Match": `"${i.version}"` };
  const send = (path, body, headers = {}) => safely(async () => { await call("POST", `${at}/${path}`, body(), headers); await again(); });
  const text = h("input", { required: true, maxlength: 1000, size: 40 });
  const choices = i.values.claimants ?? [];
  const decision = choices.length ? h("select", {}, choices.map((c) => h("option", { value: c }, c === "*" ? t("the bureau") : titled(i.names, c)))) : h("input", { required: true, maxlength: 200, size: 40 });
  const account = choice({}, [["", t("whose it is by itself")], ...called], i.owner ?? "");
  const other = i.level === "county" ? "prefecture" : "county";
  const said = (v) => (["county", "prefecture"].includes(v) ? t(`level.${v}`) : v === "explained" ? t("explained by later reports") : [v ?? "—"].flat().map((one) => i.names[one] ?? one).join(", "));
  const says = (change) => [change.before, change.after].filter(Boolean).map((told) => Object.entries(told).map(([name, v]) => (NUMBERS.includes(name) ? `${t(name)} ${v}` : said(v))).join(" · ")).join(" → ");
  const may = (...roles) => roles.includes(me.role) && !i.settled_at;
  const facts = [[t("What"), named(i)], [t("About"), about(i, i.names, me, Infinity)], [t("Category"), t(`category.${i.category}`)], [t("Level"), t(`level.${i.level}`)], [t("Owner"), called.get(i.owner) ?? owner(i, i.names)], [t("Since"), when(i.opened_at)],
    [t("Due"), h("span", { class: i.overdue ? "bad" : "" }, when(i.due_at), i.overdue ? ` ${t("overdue")}` : "")], [t("Settled"), i.settled_at ? `${when(i.settled_at)} ${i.decision === "explained" ? t("explained by later reports") : i.names[i.decision] ?? t(i.decision ?? "")}` : t("open")]];
  return [h("p", {}, h("a", { href: "#/items" }, t("Back to the list"))), h("dl", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    may("planner", "enterprise", "health") ? h("form", { submit: send("notes", () => ({ text: text.value })) }, h("label", {}, t("Remark"), text), h("button", {}, t("Add"))) : null,
    may("planner") ? h("form", { submit: send("assign", () => ({ account_id: account.value || null }), match) }, h("label", {}, t("Owner"), account), h("button", {}, t("Assign"))) : null,
    may("planner", "health") ? h("form", { submit: send("level", () => ({ level: other }), match) }, h("button", {}, other === "prefecture" ? t("Raise to the prefecture") : t("Give back to the county"))) : null,
    may("planner", "health") ? h("form", { submit: send("settle", () => ({ decision: decision.value }), match) }, h("label", {}, t("Decision"), decision), h("button", { class: "main" }, t("Settle"))) : null,
    h("h2", {}, t("History")), table([t("When"), t("Who"), t("What"), ""], [[when(i.opened_at), "", t("opened"), ""], ...i.history.map((c) => [when(c.at), i.names[c.by] ?? t(c.by ?? ""), t(`change.${c.action}`), says(c)])])];
}
