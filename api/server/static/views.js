// What a view shows: each is given who looks ({me, again, ending}) and answers elements.

import { call, get, h, list, safely, sendFile, t, table, when, yuan } from "./base.js";
import { fieldLinks, MAY_LINK } from "./field-links.js";
import { jobs, plans, scenarios } from "./planning.js";

const STAFF = ["planner", "administrator", "auditor"];
const PARTIES = ["enterprise", "hotel", "carrier", "coordinator", "health", "origin"];
const TABLES = ["enterprises", "vacancies", "intentions", "suppliers", "pickups", "fleets", "hotels", "zones", "busy", "closures", "distances"];

const local = (time) => time.slice(0, 16).replace("T", " ");
const link = (path, text) => h("a", { href: `#/${path}` }, text);
const card = (label, figure, note = "") => h("div", { class: "card" }, h("p", { class: "note" }, label), h("p", { class: "figure" }, figure), h("p", { class: "note" }, note));

async function overview() {
  const [items, made, running, done] = await Promise.all([get("/items?open=true&limit=1000"), get("/scenarios"), get("/jobs"), get("/plans")]);
  const live = running.items.filter((j) => ["queued", "running"].includes(j.state));
  const published = done.items.find((p) => p.published_at);
  const s = published?.summary;
  return [h("div", { class: "cards" },
    card(t("To settle"), items.items.length, link("items", t("Open the list"))),
    card(t("Scenarios"), made.items.length, made.items[0] ? when(made.items[0].made_at) : ""),
    card(t("Being planned"), live.length, link("jobs", t("Open the list"))),
    card(t("Published plan"), s ? `${s.served} / ${s.workers}` : "—", s ? link(`plans/${published.plan_id}`, yuan(s.cost_yuan.total)) : "")),
  made.items.length ? null : h("p", {}, t("Begin with a list of workers, or import a whole scenario."), " ", link("scenarios", t("Import")))];
}

async function submit({ me }) {
  const kind = h("select", {}, ["workers", "vacancies", "intentions"].map((name) => h("option", { value: name }, t(name))));
  const firm = me.role === "planner" ? h("input", { placeholder: "E001" }) : null;
  const file = h("input", { type: "file", accept: ".csv,.xlsx", required: true });
  const good = h("input", { type: "checkbox" });
  const result = h("section", {});
  const send = (dry) => safely(async () => {
    if (!file.files[0]) return file.reportValidity();
    const query = new URLSearchParams({ dry_run: dry, mode: good.checked ? "good" : "all" });
    if (firm?.value) query.set("enterprise", firm.value.trim());
    result.replaceChildren(h("p", {}, t("Reading …")), h("progress"));
    try {
      result.replaceChildren(...submitted(await sendFile(`/submissions/${kind.value}?${query}`, file.files[0])));
    } catch (error) {
      result.replaceChildren();
      throw error;
    }
  });
  return [h("p", { class: "note" }, t("Your own sheet with Chinese headers will do, or the bureau's template. Nothing is kept by a trial."), " ",
    h("a", { href: "/v1/submissions/workers/form.xlsx", download: "" }, t("An empty form"))),
  h("form", { submit: send(false) },
    h("label", {}, t("What"), kind), firm && h("label", {}, t("enterprise"), firm), h("label", {}, t("File"), file),
    h("label", { class: "inline" }, good, t("Take the good rows even if others are refused")),
    h("button", { type: "button", click: send(true) }, t("Trial")), h("button", { class: "main" }, t("Send"))), result];
}

function submitted(told) {
  const refused = told.rows.some((row) => row.outcome === "refused");
  const why = (row) => h("div", {}, row.faults.map((f) => h("div", {}, [f.field && t(f.field), f.message, f.remedy].filter(Boolean).join(" · "))));
  return [h("h2", {}, told.dry_run ? t("What would happen") : told.taken ? t("What happened") : t("Nothing was taken")),
    h("div", { class: "cards" }, Object.entries(told.counts).map(([outcome, n]) => card(t(outcome), n))),
    refused ? h("p", {}, h("a", { href: `/v1/submissions/${told.submission_id}/refused.xlsx`, download: "" }, t("The refused rows as a workbook, to be mended and sent again"))) : "",
    table([t("Row"), t("Reference"), t("Result"), t("Why")], told.rows.filter((r) => r.outcome !== "unchanged" || r.faults.length).slice(0, 300).map((r) => [r.row, r.client_ref, t(r.outcome), why(r)]))];
}

async function workers({ me, again }) {
  const act = (w) => (["planner", "enterprise"].includes(me.role) ? h("button", { click: safely(async () => {
    if (!confirm(t("Withdraw {name}?", { name: w.masked.name ?? w.worker_id }))) return;
    await call("POST", `/workers/${w.worker_id}/withdraw`);
    await again();
  }) }, t("Withdraw")) : "");
  const personal = (w) => (["planner", "enterprise"].includes(me.role) ? h("button", { click: safely(async () => {
    const url = (await call("POST", `/workers/${w.worker_id}/link`, { days: 30 })).told.url;
    prompt(t("The worker's personal link; it is shown this once."), url);
  }) }, t("Personal link")) : "");
  return list("/workers", [t("Worker"), t("Full name"), t("id_number"), t("phone"), t("occupation"), t("available_from"), t("arrive_by"), t("State"), ""], (w) => [w.worker_id, w.masked.name, w.masked.id_number, w.masked.phone, w.cells.occupation, w.cells.available_from, w.cells.arrive_by, t(w.state), h("span", { class: "acts" }, personal(w), act(w))]);
}

async function records({ me }, kind = "enterprises", key) {
  const shown = me.role === "enterprise" ? ["enterprises", "vacancies"] : TABLES;
  const head = h("p", {}, shown.flatMap((name) => [link(`records/${name}`, t(name)), " · "]).slice(0, -1));
  if (key) {
    const changes = await get(`/records/${kind}/${encodeURIComponent(key)}/history`);
    const cells = (told) => (told ? Object.entries(told.body ?? told).map(([k, v]) => `${t(k)}: ${v}`).join(" · ") : "—");
    return [head, h("h2", {}, key), table([t("When"), t("Who"), t("What"), t("Before"), t("After")], changes.map((c) => [when(c.at), c.by, t(c.action), cells(c.before), cells(c.after)]))];
  }
  const first = await get(`/records/${kind}?limit=1`);
  const columns = Object.keys(first.items[0]?.cells ?? {});
  return [head, h("h2", {}, t(kind)), ...(await list(`/records/${kind}`, [...columns.map((c) => t(c)), ""], (r) => [...columns.map((c) => r.cells[c]), link(`records/${kind}/${encodeURIComponent(r.key)}`, t("History"))]))];
}

async function items({ me, again }) {
  const settle = (i) => {
    const choices = i.values.claimants ?? [];
    const decision = choices.length ? h("select", {}, choices.map((c) => h("option", { value: c }, c === "*" ? t("the bureau") : c))) : h("input", { required: true, maxlength: 500 });
    return h("form", { submit: safely(async () => {
      await call("POST", `/items/${i.item_id}/settle`, { decision: decision.value }, { "If-Match": `"${i.version}"` });
      await again();
    }) }, decision, h("button", {}, t("Settle")));
  };
  const about = (i) => Object.entries(i.values).filter(([k]) => k !== "claimants").map(([k, v]) => `${t(k)} ${v}`).join(" · ");
  return list("/items", [t("Since"), t("What"), t("About"), t("Settled")], (i) => [when(i.opened_at), t(i.code), about(i),
    i.settled_at ? `${when(i.settled_at)} ${i.decision ?? ""}` : me.role === "planner" ? settle(i) : t("open")]);
}

async function returnPlans({ me, again }) {
  const step = (p, to, label, body) => h("button", { click: safely(async () => {
    const said = body ? prompt(t("Why?")) : null;
    if (body && !said) return;
    await call("POST", `/return-plans/${p.return_plan_id}/${to}`, body ? { [body]: said } : undefined, { "If-Match": `"${p.version}"` });
    await again();
  }) }, t(label));
  const acts = (p) => h("span", { class: "acts" },
    me.role === "enterprise" && ["draft", "sent_back"].includes(p.state) ? step(p, "submit", "Submit") : "",
    me.role === "planner" && p.state === "submitted" ? [step(p, "approve", "Approve"), step(p, "send-back", "Send back", "reason")] : "");
  const title = h("input", { required: true, maxlength: 200 });
  const name = h("input", { required: true, maxlength: 100 });
  const phone = h("input", { required: true, maxlength: 30 });
  return [me.role === "enterprise" ? h("form", { submit: safely(async () => {
    await call("POST", "/return-plans", { title: title.value, liaison: { name: name.value, phone: phone.value } });
    await again();
  }) }, h("label", {}, t("Title"), title), h("label", {}, t("Liaison officer"), name), h("label", {}, t("phone"), phone), h("button", { class: "main" }, t("New return plan"))) : null,
  ...(await list("/return-plans", [t("Title"), t("enterprise"), t("State"), t("Workers"), t("Reason"), ""], (p) => [p.title, p.enterprise_id, t(p.state), p.workers, p.reason, acts(p)]))];
}

async function proposals({ again }) {
  const say = (p, to, label) => h("button", { click: safely(async () => { await call("POST", `/proposals/${p.proposal_id}/${to}`); await again(); }) }, t(label));
  return list("/proposals", [t("Worker"), t("vacancies"), t("State"), ""], (p) => [p.worker_id, p.vacancy_id, t(p.state), p.state === "open" ? h("span", { class: "acts" }, say(p, "accept", "Accept"), say(p, "decline", "Decline")) : ""]);
}

async function trips(looker, planId, tripId) {
  const stops = (trip) => table([t("Stops"), t("Arrives"), t("Leaves"), t("On"), t("Off")], trip.stops.map((s) => [s.name ?? (["pickup", "drop"].includes(s.kind) ? s.place_id : t(s.kind)), local(s.arrive), local(s.depart), s.boarding, s.alighting]));
  if (tripId) {
    const trip = await get(`/trips/${planId}/${encodeURIComponent(tripId)}`);
    const names = new Map(trip.stops.map((s) => [s.place_id, s.name]));
    const named = (id) => names.get(id) ?? id;
    return [h("h2", {}, `${trip.trip_id} · ${trip.operator} ${trip.fleet_id}-${trip.vehicle_no}`), stops(trip),
      trip.people.length ? [h("h2", {}, t("Riders")), table([t("Seat"), t("Worker"), t("Full name"), t("id_number"), t("Board at"), t("Get off at")], trip.people.map((p) => [p.seat, p.worker_id, p.name, p.id_number, named(p.pickup_id), named(p.drop_id)]))] : null,
      MAY_LINK.includes(looker.me.role) ? await fieldLinks(looker.me, trip) : null].flat();
  }
  return list("/trips", [t("Trip"), t("Leaves"), t("Coach"), t("Stops"), t("Riders"), t("Cost")], (x) => [link(`trips/${x.plan_id}/${encodeURIComponent(x.trip_id)}`, x.trip_id), local(x.leaves), `${x.operator} ${x.fleet_id}-${x.vehicle_no}`,
    x.stops.filter((s) => ["pickup", "drop"].includes(s.kind)).map((s) => s.name ?? s.place_id).join(" → "), x.riders, yuan(x.own_yuan ?? x.cost_yuan)]);
}

const stays = () => list("/stays", [t("Worker"), t("Full name"), t("hotel"), t("Room"), t("Checks in"), t("Checks out")], (s) => [s.worker_id, s.name, s.hotel_id, s.room, s.check_in, s.check_out]);

const costs = () => list("/costs", [t("What"), t("Worker"), t("Trip"), t("In all"), t("enterprise"), t("the worker"), t("hotel"), t("government")], (c) => [t(c.item), c.worker_id, c.trip_id, c.total_yuan, c.enterprise_yuan, c.worker_yuan, c.hotel_yuan, c.government_yuan]);

async function accounts({ again }) {
  const role = h("select", {}, ["planner", "administrator", "auditor", "health", ...PARTIES.filter((r) => r !== "health")].map((r) => h("option", { value: r }, t(r))));
  const fields = ["Name", "Login", "Subject"].map((label) => [label, h("input", { required: label !== "Subject", maxlength: 200 })]);
  const password = h("input", { type: "password", required: true, minlength: 12, autocomplete: "new-password" });
  const disable = (a) => h("button", { click: safely(async () => {
    if (!confirm(t("Disable {name}?", { name: a.name }))) return;
    await call("POST", `/accounts/${a.account_id}/disable`);
    await again();
  }) }, t("Disable"));
  const key = (a) => h("button", { click: safely(async () => {
    const made = (await call("POST", `/accounts/${a.account_id}/keys`, { name: "page", scopes: ["read", "write"], expires_at: null })).told;
    prompt(t("The API key; it is shown this once."), made.key);
  }) }, t("API key"));
  return [h("form", { submit: safely(async () => {
    const [name, login, subject] = fields.map(([, input]) => input.value.trim());
    await call("POST", "/accounts", { role: role.value, name, login, subject: subject || null, password: password.value });
    await again();
  }) }, h("label", {}, t("Role"), role), fields.map(([label, input]) => h("label", {}, t(label), input)), h("label", {}, t("Password"), password), h("button", { class: "main" }, t("New account"))),
  ...(await list("/accounts", [t("Name"), t("Login"), t("Role"), t("Subject"), t("Since"), ""], (a) => [a.name, a.login, t(a.role), a.subject, when(a.created_at), a.disabled_at ? t("disabled") : h("span", { class: "acts" }, key(a), disable(a))]))];
}

const audit = () => list("/audit", [t("When"), t("Who"), t("What"), t("About"), t("Why")], (a) => [when(a.at), a.account_id, a.action, a.subject, a.reason]);

export const VIEWS = [
  { path: "overview", label: "Overview", roles: STAFF, show: overview },
  { path: "submit", label: "Send a list", roles: ["planner", "enterprise"], show: submit },
  { path: "workers", label: "Workers", roles: ["planner", "enterprise"], show: workers },
  { path: "return-plans", label: "Return plans", roles: [...STAFF, "enterprise"], show: returnPlans },
  { path: "records", label: "Registry", roles: [...STAFF, "enterprise"], show: records },
  { path: "items", label: "To settle", roles: [...STAFF, "enterprise", "health"], show: items },
  { path: "proposals", label: "Proposals", roles: ["planner", "enterprise"], show: proposals },
  { path: "scenarios", label: "Scenarios", roles: STAFF, show: scenarios },
  { path: "jobs", label: "Planning", roles: STAFF, show: jobs },
  { path: "plans", label: "Plans", roles: STAFF, show: plans },
  { path: "trips", label: "Trips", roles: ["planner", "auditor", ...PARTIES.filter((r) => r !== "hotel")], show: trips },
  { path: "stays", label: "Stays", roles: ["planner", "auditor", "enterprise", "hotel", "health"], show: stays },
  { path: "costs", label: "Who pays what", roles: ["planner", "auditor", "enterprise"], show: costs },
  { path: "accounts", label: "Accounts", roles: ["administrator"], show: accounts },
  { path: "audit", label: "Audit", roles: ["administrator", "auditor"], show: audit },
];
