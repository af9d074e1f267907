// Scenarios, planning jobs and plans.

import { announce, ask, button, call, card, choice, download, field, get, h, link, list, local, percent, safely, sendFile, t, table, when, yuan } from "./base.js";

export async function scenarios({ me, again }) {
  const plan = (s) => {
    const seconds = h("input", { type: "number", min: 1, max: 86400, value: 60, required: true });
    return h("form", { submit: safely(async () => {
      await call("POST", "/plans", { scenario_id: s.scenario_id, time_limit: Number(seconds.value) });
      location.hash = "#/jobs";
    }) }, field(t("Seconds of planning"), seconds), h("button", { class: "main" }, t("Plan it")));
  };
  const file = h("input", { type: "file", accept: ".zip,.xlsx", required: true });
  const name = h("input", { required: true, maxlength: 200 });
  const said = h("p", { role: "status" });
  const take = safely(async () => {
    said.replaceChildren(t("Reading …"), h("progress"));
    try {
      const { changed, notes } = await sendFile("/imports", file.files[0], ["zip", "xlsx"]);
      const rows = Object.entries(changed).filter(([, n]) => n).map(([kind, n]) => `${t(kind)} ${n}`);
      said.replaceChildren(t("Imported."), " ", rows.length ? `${t("Rows changed")}: ${rows.join(" · ")}` : t("Nothing was different."), ...(notes ?? []).map((note) => h("div", {}, note.message, " ", note.remedy)));
    } catch (error) {
      said.replaceChildren();
      throw error;
    }
  });
  const forms = me.role !== "planner" ? [] : [
    h("form", { submit: take }, field(t("A scenario's folder as .zip, or its workbook"), file), h("button", {}, t("Import into the registry"))), said,
    h("form", { submit: safely(async () => {
      const named = name.value.trim();
      const { told } = await call("POST", "/scenarios", { name: named });
      await again();
      if (told.name !== named) announce(t("The registry is as it was for the scenario “{name}”: it is the same one, and keeps that name.", { name: told.name }));
    }) },
      field(t("Name"), name), h("button", { class: "main" }, t("Freeze the registry as a scenario")))];
  return [...forms, await list("/scenarios", [t("Scenario"), t("Registry of"), t("Travel days"), t("Workers"), t("Enterprises"), ""], (s) =>
    [h("span", {}, s.name, h("br"), h("small", {}, s.scenario_id)), s.day, h("span", { class: "whole" }, `${s.first_day} – ${s.last_day}`), s.counts.workers, s.counts.enterprises, me.role === "planner" ? plan(s) : ""])];
}

export async function jobs({ me, ending }) {
  const streams = [];
  ending(() => streams.forEach((s) => s.close()));
  const names = new Map((await get("/scenarios?limit=1000")).items.map((s) => [s.scenario_id, s.name]));
  return list("/jobs", [t("Since"), t("Scenario"), t("State"), t("How far"), ""], (job) => {
    const state = h("span", { class: job.failure ? "bad" : "" }, t(job.state));
    const how = h("div", {}, job.failure ? `${job.failure.message} ${job.failure.remedy}` : job.progress ? far(job.progress) : "");
    const act = h("span", { class: "acts" }, job.plan_id ? link(`plans/${job.plan_id}`, t("Open the plan")) : "");
    if (["queued", "running"].includes(job.state)) {
      if (me.role === "planner") act.append(button(t("End with the best so far"), () => call("POST", `/jobs/${job.job_id}/cancel`)));
      streams.push(follow(job, state, how, act));
    }
    return [when(job.created_at), names.get(job.scenario_id) ?? job.scenario_id, state, how, act];
  }, t("Nothing was planned yet. Open Scenarios to begin."));
}

const far = (p) => [t(p.stage), `${t("served")} ${p.served} / ${p.workers}`, yuan(p.cost_yuan), p.gap == null ? null : `${t("gap")} ${percent(p.gap)}`].filter(Boolean).join(" · ");

function follow(job, state, how, act) {
  const stream = new EventSource(`/v1/jobs/${job.job_id}/events`);
  const told = async (event) => {
    const p = JSON.parse(event.data);
    state.textContent = t(p.state);
    if (p.stage) {
      const part = p.time_left == null ? null : p.seconds / (p.seconds + p.time_left);
      how.replaceChildren(h("progress", { "aria-label": t("How far"), ...(part == null ? {} : { value: part }) }), h("div", {}, far(p)));
    }
    if (["done", "failed", "cancelled"].includes(p.state)) {
      stream.close();
      const ended = await get(`/jobs/${job.job_id}`);
      how.textContent = ended.progress ? far(ended.progress) : "";
      act.replaceChildren(ended.plan_id ? link(`plans/${ended.plan_id}`, t("Open the plan")) : "");
      if (ended.failure) how.textContent = `${ended.failure.message} ${ended.failure.remedy}`;
    }
  };
  for (const name of ["queued", "running", "done", "failed", "cancelled"]) stream.addEventListener(name, told);
  return stream;
}

const behindBest = (gap) => (gap == null ? "" : `${t("gap")} ${percent(gap)}`);
// A plan that was taken in from elsewhere may come without its figures.
export const served = ({ summary: s }) => (s.served == null ? "—" : `${s.served} / ${s.workers ?? "—"}`);
export const cost = ({ summary: s }) => yuan(s.cost_yuan?.total) || "—";
const planState = (p) => (p.published_at ? h("span", { class: "good" }, t("published")) : p.violations ? h("span", { class: "bad" }, t("{n} broken rules", { n: p.violations })) : t("keeps every rule"));

export async function plans({ me, again }, id) {
  if (id) return onePlan(me, again, id);
  return list("/plans", [t("Made"), t("Served"), t("Cost"), t("Gap"), t("State"), ""], (p) => [when(p.made_at), served(p), cost(p), percent(p.summary.gap), planState(p), link(`plans/${p.plan_id}`, t("Open the plan"))]);
}

async function onePlan(me, again, id) {
  const { told: p, etag } = await call("GET", `/plans/${id}`);
  const s = p.summary;
  const behind = (await get(`/plans/${id}/unserved?limit=1`)).reasons;
  const others = (await get("/plans?limit=1000")).items.filter((other) => other.plan_id !== id);
  const reason = h("input", { maxlength: 200, size: 44 });
  const file = (label, format) => button(label, () => download(`/plans/${id}/export?${new URLSearchParams({ format, ...(reason.value.trim() ? { reason: reason.value.trim() } : {}) })}`));
  const publish = () => ask(t("Publish this plan? It cannot be changed afterwards."), [], t("Publish"), async () => {
    await call("POST", `/plans/${id}/publish`, undefined, { "If-Match": etag });
    await again();
  });
  return [h("h2", {}, s.scenario), h("p", { class: "note" }, `${id} · ${when(p.made_at)} · `, planState(p)),
    h("div", { class: "cards" }, card(t("Workers brought back"), served(p)), card(t("Enterprises restarted"), s.restarted ?? "—"), card(t("Cost"), cost(p), behindBest(s.gap)), card(t("Weight"), s.weight ?? "—", behindBest(s.weight_gap))),
    h("form", { submit: (event) => event.preventDefault() }, field(t("Why names are needed; blank: without names"), reason), file(t("Report"), "html"), file(t("Workbook"), "xlsx"), file(t("Files"), "zip"),
      me.role === "planner" && !p.published_at ? button(t("Publish"), publish, { class: "main", disabled: p.violations > 0 }) : null),
    others.length ? compared(id, others) : null,
    p.broken_rules.length ? [h("h2", {}, t("Broken rules")), table([t("About"), t("What")], p.broken_rules.slice(0, 200).map((b) => [b.subject, b.message]))] : [],
    h("h2", {}, t("Staying behind")), h("p", {}, behind.map((r) => `${r.message} ${r.workers}`).join(" · ")), await list(`/plans/${id}/unserved`, [t("Worker"), t("Reason"), t("Detail")], (u) => [link(`workers/${u.worker_id}`, u.worker_id), u.message, u.detail], t("Nobody: all are served."))].flat();
}

function compared(id, others) {
  const older = choice({}, others.map((o) => [o.plan_id, [when(o.made_at), served(o), o.published_at ? t("published") : null].filter(Boolean).join(" · ")]));
  const told = h("section", { "aria-live": "polite" });
  const ride = (r) => (r ? `${r.fleet_id}-${r.vehicle_no}, ${r.pickup_id} ${local(r.boards)}` : "—");
  const more = (x, shown) => `${shown(x.before)} → ${shown(x.now)}`;
  const compare = safely(async () => {
    const path = `/plans/${id}/compare?with=${encodeURIComponent(older.value)}`;
    const c = await get(`${path}&limit=1`);
    const counts = Object.entries(c.counts).map(([what, n]) => card(t(what), n));
    told.replaceChildren(h("div", { class: "cards" }, card(t("Workers brought back"), more(c.served, String)), card(t("Cost"), more(c.cost_yuan.total, yuan)), counts),
      await list(path, [t("Worker"), t("What"), t("Before"), t("After"), t("Reason")], (x) => [link(`workers/${x.worker_id}`, x.worker_id), t(x.change), ride(x.before), ride(x.now), x.reason ? t(x.reason) : ""], t("Nobody is moved.")));
  });
  return h("section", {}, h("form", { submit: compare }, field(t("Compare with"), older), h("button", {}, t("Compare"))), told);
}
