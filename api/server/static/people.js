// Workers, what is to be settled about them, what is proposed to them, and their enterprises' return plans.

import { acts, ask, button, call, choice, column, field, get, h, link, list, namesOf, safely, t, table, tell, when } from "./base.js";

const REASON = { required: true, minlength: 4, maxlength: 300 };
const STAFF = ["planner", "administrator", "auditor"];
let sought = ""; // so that who opens a worker comes back to what was found; never in an address, which logs may have
const firmsFor = (me) => (STAFF.includes(me.role) ? namesOf("enterprises") : new Map());

export async function workers({ me, again }, id) {
  if (id) return oneWorker(me, again, id);
  const firms = await firmsFor(me);
  const heads = [t("Worker"), t("Full name"), t("id_number"), t("phone"), t("enterprise"), t("occupation"), t("available_from"), t("arrive_by"), t("State")];
  const row = (w, named, cells, state) => [link(`workers/${w.worker_id}`, w.worker_id), named.name, named.id_number, named.phone, me.role === "enterprise" ? "" : firms.get(cells.enterprise_id) ?? cells.enterprise_id, cells.occupation, cells.available_from, cells.arrive_by, state];
  const wanted = h("input", { required: true, maxlength: 100 });
  const open = h("form", { submit: safely(async () => { location.hash = `#/workers/${encodeURIComponent(wanted.value.trim())}`; }) }, field(t("Find by id"), wanted), h("button", {}, t("Open")));
  const shown = h("section", { "aria-live": "polite" });
  const of = (path, cells) => (find) => list(find ? `${path}/search` : path, heads, cells, find ? t("Nobody fits. A number is found whole or by its last four characters.") : undefined, find ? { find } : undefined);
  const people = ["planner", "enterprise"].includes(me.role) ? of("/workers", (w) => row(w, w.masked, w.cells, t(w.state))) : of("/people", (p) => row(p, p, p, ""));
  const words = h("input", { type: "search", maxlength: 100, autocomplete: "off", value: sought });
  const look = async () => {
    sought = words.value.trim();
    shown.replaceChildren(await people(sought));
  };
  const whole = ["planner", "enterprise", "health"].includes(me.role);
  const find = h("form", { role: "search", submit: safely(look) },
    field(whole ? t("Part of the name, whole number or its last four characters") : t("Family name, or the last four characters of a number"), words), h("button", { class: "main" }, t("Search")));
  await look();
  return [h("div", { class: "finding" }, find, me.role === "origin" ? null : open), shown];
}

async function oneWorker(me, again, id) {
  const at = `/workers/${encodeURIComponent(id)}`;
  const claimed = ["planner", "enterprise"].includes(me.role);
  const w = claimed ? await get(at) : null;
  const firms = w && me.role === "planner" ? await firmsFor(me) : new Map();
  const told = h("section", { "aria-live": "polite" });
  const because = [{ label: t("Reason (it is logged)"), ...REASON }];
  const facts = (pairs) => h("dl", {}, pairs.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  const unmask = button(t("Show name and numbers"), () => ask(t("Show name and numbers"), because, t("Show"), async (reason) => {
    const p = await get(`${at}/personal?${new URLSearchParams({ reason })}`);
    told.replaceChildren(facts([[t("Full name"), p.name], [t("id_number"), p.id_number], [t("phone"), p.phone]]));
  }));
  const health = button(t("Show health check-ins"), () => ask(t("Show health check-ins"), because, t("Show"), async (reason) => {
    const found = await get(`${at}/health?${new URLSearchParams({ reason })}`);
    told.replaceChildren(table([t("When"), t("Temperature °C"), t("Symptoms, if any")], found.map((c) => [when(c.at), c.temperature, c.symptoms.join(" · ")])));
  }));
  const personal = button(t("Personal link"), async () => tell(t("The worker's personal link; it is shown this once. The one before no longer works."), (await call("POST", `${at}/link`, { days: 30 })).told.url));
  const withdraw = button(t("Withdraw"), () => ask(t("Withdraw {name}?", { name: w.masked.name ?? id }), [], t("Withdraw"), async () => { await call("POST", `${at}/withdraw`); await again(); }));
  const erase = button(t("Erase personal data"), () => ask(t("Erase what names {name}? It cannot be undone.", { name: id }), because, t("Erase"), async (reason) => { await call("POST", `${at}/erase`, { reason }); location.hash = "#/workers"; }));
  return [h("h2", {}, [id, w?.masked.name].filter(Boolean).join(" · ")),
    w ? facts([[t("State"), t(w.state)], [t("Reference"), w.client_ref], [t("id_number"), w.masked.id_number], [t("phone"), w.masked.phone],
      ...Object.entries(w.cells).map(([name, value]) => [column("workers", name), name === "enterprise_id" ? firms.get(value) ?? value : name === "sex" ? t(value) : value])]) : null,
    w && Object.keys(w.claims).length ? table([t("Claimed by"), t("State")], Object.entries(w.claims).map(([who, state]) => [claimant(firms, who), t(state)])) : null,
    h("p", { class: "acts" }, [claimed || me.role === "health" ? unmask : null, me.role === "health" ? health : null, claimed && w.state !== "withdrawn" ? [personal, withdraw] : null,
      ["planner", "administrator"].includes(me.role) ? erase : null].flat()), told];
}

const claimant = (firms, id) => (id === "*" ? t("the bureau") : [id, firms.get(id)].filter(Boolean).join(" "));

export async function proposals({ me, again }) {
  const say = (p, to, label) => button(label, async () => { await call("POST", `/proposals/${p.proposal_id}/${to}`); await again(); });
  const answer = (p) => (me.role === "enterprise" && p.state === "open" && p.enterprise === "waiting" ? acts(say(p, "accept", t("Accept")), say(p, "decline", t("Decline"))) : "");
  return list("/proposals", [t("Worker"), t("occupation"), t("enterprise"), t("The worker says"), t("The enterprise says"), t("State"), ""], (p) =>
    [me.role === "planner" ? link(`workers/${p.worker_id}`, p.worker_id) : p.worker_id, `${p.occupation ?? ""} (${p.vacancy_id})`, p.employer, t(p.worker), t(p.enterprise), t(p.state), answer(p)], t("Nothing is proposed. A published plan proposes posts to job seekers with whom nothing is agreed yet."));
}

export async function returnPlans({ me, again }) {
  const firms = await firmsFor(me);
  const go = (p, to, body) => call("POST", `/return-plans/${p.return_plan_id}/${to}`, body, { "If-Match": `"${p.version}"` }).then(again);
  const step = (p, to, label, body) => button(label, () => go(p, to, body));
  const back = (p) => button(t("Send back"), () => ask(t("Send back"), [{ label: t("Reason"), required: true, maxlength: 1000 }], t("Send back"), (reason) => go(p, "send-back", { reason })));
  const STEPS = {
    submit: (p) => [edit(p), step(p, "submit", t("Submit"))],
    approve: (p) => [step(p, "approve", t("Approve"))],
    send_back: (p) => [back(p)],
    plan: (p) => [step(p, "advance", t("Planned for"), { step: "plan" })],
    set_out: (p) => [step(p, "advance", t("Set out"), { step: "set_out" })],
    finish: (p) => [step(p, "advance", t("All are back"), { step: "finish" })],
  };
  const fields = (p) => [{ label: t("Title"), required: true, maxlength: 200, value: p?.title }, { label: t("First day"), type: "date", value: p?.first_day }, { label: t("Last day"), type: "date", value: p?.last_day }, { label: t("Remarks"), maxlength: 4000, value: p?.remarks }];
  const said = (title, first, last, remarks) => ({ title, first_day: first || null, last_day: last || null, remarks: remarks || null });
  const edit = (p) => button(t("Edit"), () => ask(t("Edit"), fields(p), t("Save"), async (...values) => {
    await call("PATCH", `/return-plans/${p.return_plan_id}`, { says: said(...values) }, { "If-Match": `"${p.version}"` });
    await again();
  }));
  const make = button(t("New return plan"), () => ask(t("New return plan"), [...fields(), { label: t("Liaison officer"), required: true, maxlength: 100 }, { label: t("phone"), required: true, minlength: 3, maxlength: 30, type: "tel", pattern: "[0-9+\\(\\) \\-]{3,30}", title: t("Digits, blanks, + ( ) and -") }], t("Save"), async (...values) => {
    const [name, phone] = values.slice(4);
    await call("POST", "/return-plans", { ...said(...values), liaison: { name, phone } });
    await again();
  }), { class: "main" });
  const takes = { enterprise: ["submit"], planner: ["approve", "send_back", "plan", "set_out", "finish"] }[me.role] ?? [];
  const acting = (p) => acts(...p.steps.filter((s) => takes.includes(s)).flatMap((s) => STEPS[s](p)));
  const liaison = (p) => h("span", {}, [p.liaison.name, p.liaison.phone].filter(Boolean).join(" "));
  return [me.role === "enterprise" ? h("p", {}, make) : null,
    await list("/return-plans", [t("Title"), t("enterprise"), t("First day"), t("Last day"), t("Workers"), t("Liaison officer"), t("State"), t("Reason"), t("Remarks"), ""], (p) =>
      [p.title, me.role === "enterprise" ? "" : firms.get(p.enterprise_id) ?? p.enterprise_id, p.first_day, p.last_day, String(p.workers), liaison(p), t(p.state), p.reason, p.remarks, acting(p)])];
}
