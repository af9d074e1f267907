// Lists that enterprises and the bureau send in, and what came of them.

import { all, card, choice, column, download, field, get, h, link, list, namesOf, safely, sendFile, button, t, table, when } from "./base.js";

const SHOWN = 300;
const KINDS = ["workers", "vacancies", "intentions"];

export async function submit({ me, again }, id) {
  if (id) return [h("p", {}, link("submit", t("Send another list"))), result(await get(`/submissions/${id}`))];
  const firms = me.role === "planner" ? await namesOf("enterprises") : new Map();
  const plans = await all("/return-plans");
  const kind = choice({}, KINDS.map((name) => [name, t(name)]));
  const firm = choice({}, [["", t("the bureau")], ...[...firms].map(([key, name]) => [key, `${key} ${name}`])]);
  const plan = h("select");
  const file = h("input", { type: "file", accept: ".csv,.xlsx", required: true });
  const agreed = h("input", { maxlength: 300, size: 30 });
  const ofAgreement = field(t("Intentions: how the seekers' agreement is known"), agreed);
  const good = h("input", { type: "checkbox" });
  const told = h("section", { "aria-live": "polite" });
  const sent = h("section", {});
  const ofPlan = field(t("Return plan"), plan);
  const form = h("p", {}, button(t("An empty form"), () => download(`/submissions/${kind.value}/form.xlsx`)));
  function offer() {
    const fit = plans.filter((p) => p.enterprise_id === (me.role === "planner" ? firm.value : p.enterprise_id));
    plan.replaceChildren(h("option", { value: "" }, t("none")), ...fit.map((p) => h("option", { value: p.return_plan_id }, `${p.title} (${t(p.state)})`)));
    ofAgreement.hidden = kind.value !== "intentions" || me.role !== "planner";
    ofPlan.hidden = kind.value !== "workers" || !fit.length;
  }
  kind.addEventListener("change", offer);
  firm.addEventListener("change", offer);
  offer();
  const earlier = async () => sent.replaceChildren(h("h2", {}, t("Sent before")), await list("/submissions", [t("When"), t("What"), t("enterprise"), t("Result"), ""], (s) =>
    [when(s.at), t(s.table), me.role === "planner" ? firms.get(s.enterprise_id) ?? s.enterprise_id : "", [s.dry_run ? t("Trial") : s.taken ? null : t("Nothing was taken"), counted(s.counts)].filter(Boolean).join(" · "), link(`submit/${s.submission_id}`, t("Row by row"))]));
  const send = (dry) => safely(async () => {
    if (!file.files[0]) return file.reportValidity();
    const query = new URLSearchParams({ dry_run: dry, mode: good.checked ? "good" : "all" });
    if (firm.value) query.set("enterprise", firm.value);
    if (plan.value && !ofPlan.hidden) query.set("return_plan", plan.value);
    if (agreed.value && !ofAgreement.hidden) query.set("reason", agreed.value.trim());
    told.replaceChildren(h("p", {}, t("Reading …")), h("progress"));
    try {
      const answer = await sendFile(`/submissions/${kind.value}?${query}`, file.files[0], ["xlsx", "csv"]);
      told.replaceChildren(...result(answer));
    } catch (error) {
      told.replaceChildren();
      throw error;
    }
    await earlier();
  });
  await earlier();
  return [h("p", { class: "note" }, t("Your own sheet with Chinese headers will do, or the bureau's template. Nothing is kept by a trial.")), form,
    h("form", { submit: send(false) },
      field(t("What"), kind), me.role === "planner" ? field(t("enterprise"), firm) : null, ofPlan, ofAgreement, field(t("File (.xlsx or .csv)"), file),
      h("label", { class: "inline" }, good, t("Take the good rows even if others are refused")),
      h("button", { type: "button", click: send(true) }, t("Trial")), h("button", { class: "main" }, t("Send"))), told, sent];
}

const counted = (counts) => Object.entries(counts).filter(([, n]) => n).map(([outcome, n]) => `${t(outcome)} ${n}`).join(" · ");
const says = (table) => (f) => h("div", { class: f.severity === "error" ? "bad" : "" }, [f.field && column(table, f.field), f.message, f.remedy].filter(Boolean).join(" · "));

function result(told) {
  const refused = told.rows.some((row) => row.outcome === "refused");
  const telling = told.rows.filter((r) => r.faults.length);
  const rows = telling.length ? telling : told.rows.filter((r) => r.outcome !== "unchanged");
  return [h("h2", {}, told.dry_run ? t("What would happen") : told.taken ? t("What happened") : t("Nothing was taken")),
    told.taken || told.dry_run || !refused ? null : h("p", {}, t("A refused row keeps all others out. Mend the refused rows, or take the good rows.")),
    h("div", { class: "cards" }, Object.entries(told.counts).filter(([, n]) => n).map(([outcome, n]) => card(t(outcome), n))),
    told.notes.map(says(told.table)),
    refused ? h("p", {}, button(t("The refused rows as a workbook, to be mended and sent again"), () => download(`/submissions/${told.submission_id}/refused.xlsx`))) : null,
    told.rows.length ? table([t("Row"), t("Reference"), t("Id"), t("Result"), t("Why")], rows.slice(0, SHOWN).map((r) => [r.row, r.client_ref, r.key, t(r.outcome), r.faults.length ? h("div", {}, r.faults.map(says(told.table))) : ""]), t("No row has changed anything.")) : h("p", {}, t("There is no row in it.")),
    rows.length > SHOWN ? h("p", { class: "note" }, t("The first {n} of {all} rows.", { n: SHOWN, all: rows.length })) : null].filter(Boolean);
}
