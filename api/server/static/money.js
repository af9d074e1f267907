// Settlement and the daily ledger.

import { announce, button, call, card, choice, download, fen, field, get, h, list, t, table } from "./base.js";

const PARTIES = { enterprise: "enterprise", hotel: "hotel", carrier: "carrier" };
const FORMS = ["pdf", "xlsx", "csv"];

const files = (path) => h("span", { class: "acts" }, FORMS.map((form) => button(form.toUpperCase(), () => download(`${path}.${form}`))));

export async function settlement({ me, again }) {
  const head = [];
  if (me.role === "planner") {
    head.push(h("p", {}, t("What is due follows from the trip log. Settling again enters only what has changed, as corrections.")),
      h("p", {}, button(t("Settle now"), async () => {
        const done = (await call("POST", "/settlements")).told;
        await again();
        announce(t("{entries} entries, {corrections} of them corrections; {overruns} over budget", { ...done, overruns: done.overruns.length }));
      }, { class: "main" })));
  }
  if (me.subject && PARTIES[me.role]) {
    head.push(h("p", {}, t("Our statement"), " ", files(`/settlements/statements/${PARTIES[me.role]}/${encodeURIComponent(me.subject)}`)));
  } else {
    const known = (await get("/settlements/parties")).items;
    const subject = h("select", { "aria-label": t("Name") });
    const fill = () => subject.replaceChildren(...known.filter((one) => one.party === party.value).map((one) => h("option", { value: one.subject }, one.name === one.subject ? one.name : `${one.name} · ${one.subject}`)), ...(party.value === "government" ? [h("option", { value: "*" }, t("subsidy programme"))] : []));
    const party = choice({ "aria-label": t("Party"), change: fill }, ["enterprise", "hotel", "carrier", "government"].map((p) => [p, t(p)]), "enterprise");
    fill();
    const whole = () => `/settlements/statements/${party.value}/${encodeURIComponent(subject.value)}`;
    head.push(h("form", {}, field(t("Statement of"), party), field(t("Name"), subject), h("span", { class: "acts" }, FORMS.map((form) => button(form.toUpperCase(), () => download(`${whole()}.${form}`))))));
  }
  const heads = [t("Entry"), t("What"), t("Trip"), t("hotel"), t("Worker"), t("enterprise"), t("Why"), t("As planned"), t("Amount"), t("Corrects"), t("Evidence in the log")];
  return [...head, await list("/settlements", heads, (one, { names }) =>
    [String(one.entry), t(one.item), one.trip_id, names[one.hotel_id] ?? one.hotel_id, one.worker_id, names[one.enterprise_id] ?? one.enterprise_id, t(one.why), one.planned_yuan == null ? "" : fen(one.planned_yuan), fen(one.yuan), one.corrects ? String(one.corrects) : "", one.evidence.join(" ")], t("Nothing is settled yet."))];
}

const rate = ({ of, among }) => (among ? `${of} / ${among} (${((100 * of) / among).toFixed(1)}%)` : `${of} / ${among}`);
const HEADS = () => [t("To leave by then"), t("Departed"), t("Has arrived"), t("In quarantine"), t("Returned"), t("Enterprises opened"), t("At work")];
const numbers = (row) => [row.planned, row.departed, row.arrived, row.in_quarantine, row.returned].map(String).concat(rate(row.opened), rate(row.at_work));

export async function ledger(looker, day = new Date().toLocaleDateString("sv", { timeZone: "Asia/Shanghai" })) {
  const told = await get(`/ledger/${day}.json`);
  const chosen = h("input", { type: "date", value: day, "aria-label": t("Day"), change: (e) => { if (e.target.value) location.hash = `#/ledger/${e.target.value}`; } });
  const groups = (label, rows, named = (key) => key || "—") => [h("h2", {}, label), table([label, ...HEADS()], Object.entries(rows).sort().map(([key, row]) => [named(key), ...numbers(row)]))];
  return [h("p", {}, chosen, " ", files(`/ledger/${day}`)),
    h("div", { class: "cards" },
      card(t("Returned"), String(told.total.returned), `${t("Departed")} ${told.total.departed}`),
      card(t("In quarantine"), String(told.total.in_quarantine)),
      card(t("Enterprises opened"), rate(told.total.opened)),
      card(t("At work"), rate(told.total.at_work)),
      card(t("Problems settled"), rate(told.problems))),
    h("h2", {}, t("Enterprises")),
    table([t("enterprise"), t("sector"), t("Restart"), ...HEADS()], told.enterprises.map((e) => [e.name, e.sector, t(`restart.${e.restart}`), ...numbers(e)])),
    ...groups(t("Sectors"), told.sectors), ...groups(t("Counties"), told.counties, (key) => told.names[key] ?? (key || "—")), ...groups(t("Sizes"), told.sizes, (key) => t(`size.${key}`))];
}
