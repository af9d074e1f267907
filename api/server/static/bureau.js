// The page of everybody who signs in: what it shows depends on the role.

import { call, get, h, language, percent, Refused, safely, setLanguage, showProblem, t, table, when, yuan } from "./base.js";

const main = document.getElementById("main");
const STAFF = ["planner", "administrator", "auditor"];
const VIEWS = [
  { path: "overview", label: "Overview", roles: STAFF, show: overview },
  { path: "submit", label: "Send a list", roles: ["planner", "enterprise"], show: submit },
  { path: "records", label: "Registry", roles: [...STAFF, "enterprise"], show: records },
  { path: "items", label: "To settle", roles: [...STAFF, "enterprise"], show: items },
  { path: "scenarios", label: "Scenarios", roles: STAFF, show: scenarios },
  { path: "jobs", label: "Planning", roles: STAFF, show: jobs },
  { path: "plans", label: "Plans", roles: STAFF, show: plans },
  { path: "trips", label: "Trips", roles: null, show: trips },
];
const TABLES = ["enterprises", "workers", "vacancies", "intentions", "suppliers", "pickups", "fleets", "hotels", "zones", "busy", "closures", "distances"];
let me = null;
let stop = () => {}; // ends what the view before had going on

async function start() {
  try {
    me = await get("/me");
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) return signIn();
    throw error;
  }
  document.getElementById("who").replaceChildren(
    h("span", {}, `${me.name} · ${t(me.role)}`),
    languageButton(),
    h("button", { click: safely(async () => { await call("DELETE", "/session"); location.reload(); }) }, t("Sign out")),
  );
  window.addEventListener("hashchange", show);
  await show();
}

function languageButton() {
  return h("button", { click: () => setLanguage(language === "zh" ? "en" : "zh") }, language === "zh" ? "English" : "中文");
}

function signIn() {
  document.getElementById("who").replaceChildren(languageButton());
  const login = h("input", { name: "login", autocomplete: "username", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  main.replaceChildren(h("section", { class: "sign-in" }, h("h1", {}, t("Sign in")),
    h("form", { submit: safely(async () => {
      await call("POST", "/session", { login: login.value, password: password.value });
      location.reload();
    }) }, h("label", {}, t("Login"), login), h("label", {}, t("Password"), password), h("button", { class: "main" }, t("Sign in")))));
  login.focus();
}

const mine = () => VIEWS.filter((view) => !view.roles || view.roles.includes(me.role));

async function show() {
  stop();
  stop = () => {};
  const [path, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = mine().find((v) => v.path === path) ?? mine()[0];
  document.getElementById("nav").replaceChildren(...mine().map((v) => h("a", { href: `#/${v.path}`, "aria-current": v === view ? "page" : null }, t(v.label))));
  main.replaceChildren(h("h1", {}, t(view.label)));
  try {
    await view.show(...rest);
  } catch (error) {
    showProblem(error);
  }
}

const add = (...parts) => main.append(...parts.flat().filter(Boolean));
const card = (label, figure, note = "") => h("div", { class: "card" }, h("p", { class: "note" }, label), h("p", { class: "figure" }, figure), h("p", { class: "note" }, note));
const link = (path, text) => h("a", { href: `#/${path}` }, text);
const itemsOf = (answer) => (Array.isArray(answer) ? answer : answer.items);

async function overview() {
  const [open, made, running, done] = await Promise.all([get("/items"), get("/scenarios"), get("/jobs"), get("/plans")]);
  const live = itemsOf(running).filter((j) => ["queued", "running"].includes(j.state));
  const published = itemsOf(done).find((p) => p.published_at);
  const s = published?.summary;
  add(h("div", { class: "cards" },
    card(t("To settle"), itemsOf(open).filter((i) => !i.settled_at).length, link("items", t("Open the list"))),
    card(t("Scenarios"), itemsOf(made).length, itemsOf(made)[0] ? when(itemsOf(made)[0].made_at) : ""),
    card(t("Being planned"), live.length, link("jobs", t("Open the list"))),
    published ? card(t("Published plan"), `${s.served} / ${s.workers}`, link(`plans/${published.plan_id}`, yuan(s.cost_yuan.total))) : card(t("Published plan"), "—")));
  if (!itemsOf(made).length) add(h("p", {}, t("Begin with a list of workers, or import a whole scenario."), " ", link("scenarios", t("Import"))));
}

async function submit() {
  const kind = h("select", {}, ["workers", "vacancies"].map((name) => h("option", { value: name }, t(name))));
  const firm = me.role === "planner" ? h("input", { placeholder: "E001" }) : null;
  const file = h("input", { type: "file", accept: ".csv,.xlsx", required: true });
  const good = h("input", { type: "checkbox" });
  const result = h("section", {});
  const send = (dry) => safely(async () => {
    if (!file.files[0]) return;
    const type = file.files[0].name.toLowerCase().endsWith(".csv") ? "text/csv" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    const query = new URLSearchParams({ dry_run: dry, mode: good.checked ? "good" : "all" });
    if (firm?.value) query.set("enterprise", firm.value.trim());
    result.replaceChildren(h("p", {}, t("Reading …")), h("progress"));
    try {
      const { told } = await call("POST", `/submissions/${kind.value}?${query}`, new Blob([await file.files[0].arrayBuffer()]), { "Content-Type": type });
      result.replaceChildren(...submitted(told, dry));
    } catch (error) {
      result.replaceChildren();
      throw error;
    }
  });
  add(h("p", { class: "note" }, t("Your own sheet with Chinese headers will do, or the bureau's template. Nothing is kept by a trial.")),
    h("form", { submit: send(false) },
      h("label", {}, t("What"), kind), firm && h("label", {}, t("enterprise"), firm), h("label", {}, t("File"), file),
      h("label", { class: "inline" }, good, t("Take the good rows even if others are refused")),
      h("button", { type: "button", click: send(true) }, t("Trial")), h("button", { class: "main" }, t("Send"))), result);
}

function submitted(told, dry) {
  const refused = told.rows.filter((row) => row.outcome === "refused");
  const counts = Object.entries(told.counts).map(([outcome, n]) => card(t(outcome), n));
  return [h("h2", {}, dry ? t("What would happen") : t("What happened")), h("div", { class: "cards" }, counts),
    refused.length && !dry ? h("p", {}, h("a", { href: `/v1/submissions/${told.submission_id}/refused.xlsx`, download: "" }, t("The refused rows as a workbook, to be mended and sent again"))) : null,
    table([t("Row"), t("Reference"), t("Result"), t("Why")], told.rows.filter((r) => r.outcome !== "unchanged").slice(0, 300).map((r) => [r.row, r.client_ref, t(r.outcome),
      h("div", {}, (r.faults ?? []).map((f) => h("div", {}, `${f.field ?? ""}: ${f.message} ${f.remedy}`)))]))].filter(Boolean);
}

async function records(kind = me.role === "enterprise" ? "workers" : "enterprises", key) {
  add(h("p", {}, TABLES.map((name) => [link(`records/${name}`, t(name)), " · "]).flat().slice(0, -1)));
  if (key) return history(kind, key);
  const body = h("section", {});
  add(h("h2", {}, t(kind)), body);
  let after = "";
  let rows = [];
  const more = h("button", { click: safely(load) }, t("More"));
  async function load() {
    const page = await get(`/records/${kind}?limit=200&after=${encodeURIComponent(after)}`);
    rows = rows.concat(page.items);
    after = page.next;
    const columns = [...new Set(rows.flatMap((r) => Object.keys(r.cells)))];
    body.replaceChildren(table([...columns.map((c) => t(c)), ""], rows.map((r) => [...columns.map((c) => r.cells[c]), link(`records/${kind}/${encodeURIComponent(r.key)}`, t("History"))])));
    if (after) body.append(more);
  }
  await load();
}

async function history(kind, key) {
  const changes = await get(`/records/${kind}/${encodeURIComponent(key)}/history`);
  add(h("h2", {}, key), table([t("When"), t("Who"), t("What"), t("Before"), t("After")], changes.map((c) => [when(c.at), c.by, t(c.action), cells(c.before), cells(c.after)])));
}

const cells = (told) => (told ? Object.entries(told.body ?? told).map(([k, v]) => `${k}: ${v}`).join(" · ") : "—");

async function items() {
  const found = itemsOf(await get("/items"));
  add(table([t("Since"), t("What"), t("About"), t("Settled")], found.map((i) => [when(i.opened_at), i.title ?? t(i.code), i.subject,
    i.settled_at ? `${when(i.settled_at)} ${i.decision ?? ""}` : me.role === "planner" ? settle(i) : t("open")])));
}

function settle(item) {
  const choices = item.choices ?? item.values?.claimants ?? [];
  const decision = choices.length ? h("select", {}, choices.map((c) => h("option", {}, c))) : h("input", {});
  return h("form", { submit: safely(async () => {
    await call("POST", `/items/${item.item_id ?? item.id}/settle`, { decision: decision.value }, { "If-Match": `"${item.version}"` });
    await show();
  }) }, decision, h("button", {}, t("Settle")));
}

async function scenarios() {
  const found = itemsOf(await get("/scenarios"));
  if (me.role === "planner") {
    const file = h("input", { type: "file", accept: ".zip,.xlsx", required: true });
    const name = h("input", { required: true, maxlength: 200 });
    add(h("form", { submit: safely(async () => {
      const type = file.files[0].name.toLowerCase().endsWith(".zip") ? "application/zip" : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
      await call("POST", "/imports", new Blob([await file.files[0].arrayBuffer()]), { "Content-Type": type });
      await show();
    }) }, h("label", {}, t("A scenario's folder as .zip, or its workbook"), file), h("button", {}, t("Import into the registry"))),
    h("form", { submit: safely(async () => { await call("POST", "/scenarios", { name: name.value }); await show(); }) },
      h("label", {}, t("Name"), name), h("button", { class: "main" }, t("Freeze the registry as a scenario"))));
  }
  add(table([t("Scenario"), t("Day"), t("Workers"), t("Enterprises"), ""], found.map((s) => [h("span", {}, s.name, h("br"), h("small", {}, s.scenario_id)), s.day, s.counts.workers, s.counts.enterprises,
    me.role === "planner" ? planForm(s.scenario_id) : ""])));
}

function planForm(id) {
  const seconds = h("input", { type: "number", min: 1, max: 86400, value: 60, size: 6 });
  return h("form", { submit: safely(async () => {
    await call("POST", "/plans", { scenario_id: id, time_limit: Number(seconds.value) });
    location.hash = "#/jobs";
  }) }, h("label", {}, t("Seconds"), seconds), h("button", { class: "main" }, t("Plan")));
}

async function jobs() {
  const found = itemsOf(await get("/jobs"));
  const streams = [];
  stop = () => streams.forEach((s) => s.close());
  add(table([t("Since"), t("State"), t("How far"), ""], found.map((job) => {
    const state = h("span", {}, t(job.state));
    const how = h("div", {}, job.failure ? (job.failure.message ?? job.failure.code) : "");
    const act = h("span", {}, job.plan_id ? link(`plans/${job.plan_id}`, t("Open the plan")) : "");
    if (["queued", "running"].includes(job.state)) {
      if (me.role === "planner") act.append(h("button", { click: safely(() => call("POST", `/jobs/${job.job_id}/cancel`)) }, t("End with the best so far")));
      streams.push(follow(job, state, how, act));
    }
    return [when(job.created_at), state, how, act];
  })));
}

function follow(job, state, how, act) {
  const stream = new EventSource(`/v1/jobs/${job.job_id}/events`);
  const told = (event) => {
    const p = JSON.parse(event.data);
    state.textContent = t(p.state);
    if (p.stage) {
      const part = p.time_left == null ? null : p.seconds / (p.seconds + p.time_left);
      how.replaceChildren(h("progress", part == null ? {} : { value: part }), h("div", {}, `${t(p.stage)} · ${t("served")} ${p.served} / ${p.workers} · ${yuan(p.cost_yuan)} · ${t("gap")} ${percent(p.gap)}`));
    }
    if (["done", "failed", "cancelled"].includes(p.state)) {
      stream.close();
      act.replaceChildren(p.plan_id ? link(`plans/${p.plan_id}`, t("Open the plan")) : "");
      if (p.failure) how.textContent = p.failure.message ?? p.failure.code;
    }
  };
  for (const name of ["queued", "running", "done", "failed", "cancelled"]) stream.addEventListener(name, told);
  return stream;
}

async function plans(id) {
  if (id) return onePlan(id);
  const found = itemsOf(await get("/plans"));
  add(table([t("Made"), t("Served"), t("Cost"), t("Gap"), t("State"), ""], found.map((p) => [when(p.made_at), `${p.summary.served} / ${p.summary.workers}`, yuan(p.summary.cost_yuan.total), percent(p.summary.gap),
    planState(p), link(`plans/${p.plan_id}`, t("Open the plan"))])));
}

const planState = (p) => (p.published_at ? h("span", { class: "good" }, t("published")) : p.violations ? h("span", { class: "bad" }, t("{n} broken rules", { n: p.violations })) : t("keeps every rule"));

async function onePlan(id) {
  const { told: p, etag } = await call("GET", `/plans/${id}`);
  const s = p.summary;
  add(h("h2", {}, s.scenario), h("p", { class: "note" }, id, " · ", when(p.made_at), " · ", planState(p)),
    h("div", { class: "cards" }, card(t("Workers brought back"), `${s.served} / ${s.workers}`), card(t("Enterprises restarted"), s.restarted), card(t("Cost"), yuan(s.cost_yuan.total), `${t("gap")} ${percent(s.gap)}`), card(t("Weight"), s.weight, `${t("gap")} ${percent(s.weight_gap)}`)),
    h("p", {}, ["html", "xlsx", "zip"].map((f) => [h("a", { href: `/v1/plans/${id}/export?format=${f}`, download: f === "html" ? null : "", target: f === "html" ? "_blank" : null }, { html: t("Report"), xlsx: t("Workbook"), zip: t("Files") }[f]), " · "]).flat().slice(0, -1)));
  if (me.role === "planner" && !p.published_at) add(h("button", { class: "main", disabled: p.violations > 0, click: safely(async () => { await call("POST", `/plans/${id}/publish`, undefined, { "If-Match": etag }); await show(); }) }, t("Publish")));
  const behind = itemsOf(await get(`/plans/${id}/unserved`));
  add(h("h2", {}, t("Staying behind")), table([t("Worker"), t("Reason"), t("Detail")], behind.slice(0, 500).map((u) => [u.worker_id, u.reason_text ?? t(u.reason), u.detail]), t("Nobody: all are served.")));
}

async function trips() {
  const found = itemsOf(await get("/trips"));
  add(table([t("Trip"), t("Day"), t("Coach"), t("Stops"), t("Riders")], found.map((x) => [x.trip_id, x.first_day, `${x.fleet_id} ${x.plate ?? x.vehicle_no ?? ""}`,
    h("div", {}, (x.stops ?? []).map((s) => h("div", {}, `${s.arrive?.replace("T", " ") ?? ""} ${s.name ?? s.place_id ?? ""}`))), x.riders_count ?? x.riders?.length ?? x.riders])));
}

start().catch(showProblem);
