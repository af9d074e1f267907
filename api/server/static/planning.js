// Scenarios, planning jobs and plans.

import { call, get, h, list, percent, safely, sendFile, t, table, when, yuan } from "./base.js";

const link = (path, text) => h("a", { href: `#/${path}` }, text);
const card = (label, figure, note = "") => h("div", { class: "card" }, h("p", { class: "note" }, label), h("p", { class: "figure" }, figure), h("p", { class: "note" }, note));

export async function scenarios({ me, again }) {
  const plan = (s) => {
    const seconds = h("input", { type: "number", min: 1, max: 86400, value: 60 });
    return h("form", { submit: safely(async () => {
      await call("POST", "/plans", { scenario_id: s.scenario_id, time_limit: Number(seconds.value) });
      location.hash = "#/jobs";
    }) }, h("label", {}, t("Seconds"), seconds), h("button", { class: "main" }, t("Plan it")));
  };
  const file = h("input", { type: "file", accept: ".zip,.xlsx", required: true });
  const name = h("input", { required: true, maxlength: 200 });
  const forms = me.role !== "planner" ? [] : [
    h("form", { submit: safely(async () => { const done = await sendFile("/imports", file.files[0]); alert([t("Imported."), ...(done.notes ?? []).map((note) => `${note.message} ${note.remedy}`)].join("\n")); await again(); }) },
      h("label", {}, t("A scenario's folder as .zip, or its workbook"), file), h("button", {}, t("Import into the registry"))),
    h("form", { submit: safely(async () => { await call("POST", "/scenarios", { name: name.value }); await again(); }) },
      h("label", {}, t("Name"), name), h("button", { class: "main" }, t("Freeze the registry as a scenario")))];
  return [...forms, ...(await list("/scenarios", [t("Scenario"), t("Day"), t("Workers"), t("Enterprises"), ""], (s) => [h("span", {}, s.name, h("br"), h("small", {}, s.scenario_id)), s.day, s.counts.workers, s.counts.enterprises, me.role === "planner" ? plan(s) : ""]))];
}

export async function jobs({ me, ending }) {
  const streams = [];
  ending(() => streams.forEach((s) => s.close()));
  return list("/jobs", [t("Since"), t("State"), t("How far"), ""], (job) => {
    const state = h("span", {}, t(job.state));
    const how = h("div", {}, job.failure ? `${job.failure.message} ${job.failure.remedy}` : "");
    const act = h("span", { class: "acts" }, job.plan_id ? link(`plans/${job.plan_id}`, t("Open the plan")) : "");
    if (["queued", "running"].includes(job.state)) {
      if (me.role === "planner") act.append(h("button", { click: safely(() => call("POST", `/jobs/${job.job_id}/cancel`)) }, t("End with the best so far")));
      streams.push(follow(job, state, how, act));
    }
    return [when(job.created_at), state, how, act];
  });
}

function follow(job, state, how, act) {
  const stream = new EventSource(`/v1/jobs/${job.job_id}/events`);
  const told = async (event) => {
    const p = JSON.parse(event.data);
    state.textContent = t(p.state);
    if (p.stage) {
      const part = p.time_left == null ? null : p.seconds / (p.seconds + p.time_left);
      how.replaceChildren(h("progress", part == null ? {} : { value: part }), h("div", {}, [t(p.stage), `${t("served")} ${p.served} / ${p.workers}`, yuan(p.cost_yuan), p.gap == null ? null : `${t("gap")} ${percent(p.gap)}`].filter(Boolean).join(" · ")));
    }
    if (["done", "failed", "cancelled"].includes(p.state)) {
      stream.close();
      const ended = await get(`/jobs/${job.job_id}`);
      act.replaceChildren(ended.plan_id ? link(`plans/${ended.plan_id}`, t("Open the plan")) : "");
      if (ended.failure) how.textContent = `${ended.failure.message} ${ended.failure.remedy}`;
    }
  };
  for (const name of ["queued", "running", "done", "failed", "cancelled"]) stream.addEventListener(name, told);
  return stream;
}

const planState = (p) => (p.published_at ? h("span", { class: "good" }, t("published")) : p.violations ? h("span", { class: "bad" }, t("{n} broken rules", { n: p.violations })) : t("keeps every rule"));

export async function plans({ me, again }, id) {
  if (id) return onePlan(me, again, id);
  return list("/plans", [t("Made"), t("Served"), t("Cost"), t("Gap"), t("State"), ""], (p) => [when(p.made_at), `${p.summary.served} / ${p.summary.workers}`, yuan(p.summary.cost_yuan.total), percent(p.summary.gap), planState(p), link(`plans/${p.plan_id}`, t("Open the plan"))]);
}

async function onePlan(me, again, id) {
  const { told: p, etag } = await call("GET", `/plans/${id}`);
  const s = p.summary;
  const reason = h("input", { maxlength: 200, placeholder: t("Why names are needed; blank: without names") });
  const fetchFile = (format) => safely(async () => {
    const query = new URLSearchParams({ format, ...(reason.value.trim() ? { reason: reason.value.trim() } : {}) });
    window.open(`/v1/plans/${id}/export?${query}`, "_blank", "noopener");
  });
  const publish = safely(async () => {
    if (!confirm(t("Publish this plan? It cannot be changed afterwards."))) return;
    await call("POST", `/plans/${id}/publish`, undefined, { "If-Match": etag });
    await again();
  });
  return [h("h2", {}, s.scenario), h("p", { class: "note" }, `${id} · ${when(p.made_at)} · `, planState(p)),
    h("div", { class: "cards" }, card(t("Workers brought back"), `${s.served} / ${s.workers}`), card(t("Enterprises restarted"), s.restarted), card(t("Cost"), yuan(s.cost_yuan.total), `${t("gap")} ${percent(s.gap)}`), card(t("Weight"), s.weight, `${t("gap")} ${percent(s.weight_gap)}`)),
    h("form", { submit: fetchFile("html") }, reason, h("button", {}, t("Report")), h("button", { type: "button", click: fetchFile("xlsx") }, t("Workbook")), h("button", { type: "button", click: fetchFile("zip") }, t("Files")),
      me.role === "planner" && !p.published_at ? h("button", { type: "button", class: "main", disabled: p.violations > 0, click: publish }, t("Publish")) : null),
    p.broken_rules.length ? [h("h2", {}, t("Broken rules")), table([t("About"), t("What")], p.broken_rules.slice(0, 200).map((b) => [b.subject, b.message]))] : [],
    h("h2", {}, t("Staying behind")), ...(await list(`/plans/${id}/unserved`, [t("Worker"), t("Reason"), t("Detail")], (u) => [u.worker_id, u.message, u.detail], t("Nobody: all are served.")))].flat();
}
