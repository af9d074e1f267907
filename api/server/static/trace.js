// Tracing a case: a form, whom they met, what follows, and having it done.

import { ask, button, call, card, download, get, h, link, list, safely, t, table, when } from "./base.js";

const span = (one) => [when(one.begin), when(one.end)];
const where = (one, names) => [one.kind === "coach" ? null : names[one.place_id] ?? one.place_id, one.unit].filter(Boolean).join(" ");
const near = (one) => (one.kind === "coach" ? (one.rows == null ? t("not known") : one.rows) : "");

/** A moment as the field of a form wants it, in the reader's zone. */
const asLocal = (date) => new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);

export async function trace({ me }, traceId) {
  if (traceId) return one(me, traceId);
  const parts = me.role === "health" ? [form()] : [h("p", { class: "note" }, t("Health officers trace cases; here is what it means for rooms and seats."))];
  const heads = [t("Trace"), t("Since"), ...(me.role === "health" ? [t("Case")] : []), t("Applied")];
  return [...parts, h("h2", {}, t("Traces")), await list("/traces", heads, (x) =>
    [link(`trace/${x.trace_id}`, x.trace_id), when(x.at), ...(me.role === "health" ? [x.worker_id] : []), x.applied_at ? when(x.applied_at) : t("not yet")])];
}

function form() {
  const worker = h("input", { required: true, maxlength: 100 });
  const at = h("input", { type: "datetime-local", required: true, max: asLocal(new Date()) });
  const days = h("input", { type: "number", min: 0, max: 60, placeholder: t("as the policy") });
  const steps = h("select", {}, [1, 2, 3].map((n) => h("option", { value: n }, t(["their contacts", "one step further", "two steps further"][n - 1]))));
  return h("form", { submit: safely(async () => {
    const asked = { worker_id: worker.value.trim(), symptoms_at: new Date(at.value).toISOString(), steps: Number(steps.value) };
    if (days.value) asked.look_back_days = Number(days.value);
    location.hash = `#/trace/${(await call("POST", "/traces", asked)).told.trace_id}`;
  }) }, h("label", {}, t("Worker"), worker), h("label", {}, t("Symptoms began"), at), h("label", {}, t("Days looked back"), days), h("label", {}, t("How far to follow"), steps), h("button", { class: "main" }, t("Find contacts")));
}

async function one(me, traceId) {
  const found = await get(`/traces/${encodeURIComponent(traceId)}`);
  const box = h("div", {});
  const show = (told) => box.replaceChildren(...[head(told, show), told.case && ofCase(told), rooms(told)].flat().filter(Boolean));
  show(found);
  return [h("p", {}, link("trace", t("All traces"))), box];
}

function head(told, show) {
  const n = told.counts;
  const cards = h("div", { class: "cards" }, card(t("Contacts"), n.contacts), card(t("Close contacts"), n.close), card(t("Begin again"), n.begin_again), card(t("Without a single room"), n.without_room), card(t("Seats to leave"), n.seats_to_leave), card(t("Crews exposed"), n.crews));
  if (!told.case) return [cards];
  const work = async () => show((await call("POST", `/traces/${told.trace_id}/apply`)).told);
  const apply = button(t("Apply"), () => ask(t("Have {n} people begin their quarantine again?", { n: n.begin_again }), [], t("Apply"), work), { class: "main" });
  return [h("h2", {}, `${told.case.worker_id} · ${t("Symptoms began")} ${when(told.case.symptoms_at)}`), h("p", { class: "note" }, `${when(told.case.since)} – ${when(told.at)}`), cards,
    told.applied_at ? h("p", { class: "good" }, `${t("Applied")} ${when(told.applied_at)}`) : h("p", {}, apply)];
}

function ofCase(told) {
  const path = `/v1/traces/${told.trace_id}`;
  const reason = h("input", { minlength: 2, maxlength: 300, placeholder: t("Why names are needed; it is logged") });
  const file = (format) => button(format.toUpperCase(), () => {
    const why = reason.value.trim();
    return download(`/traces/${told.trace_id}/contacts?${new URLSearchParams({ format, ...(why && { reason: why }) })}`);
  });
  const c = told.case;
  return [h("form", {}, h("label", {}, t("Line list"), reason), file("csv"), file("xlsx"), h("a", { href: `${path}/picture`, download: `trace-${told.trace_id}.svg` }, t("Picture"))),
    h("div", { class: "wide" }, h("img", { src: `${path}/picture`, alt: t("Where the case was and whom they met"), class: "drawn" })),
    h("h2", {}, t("Contacts")),
    table([t("Step"), t("Worker"), t("Full name"), t("Level"), t("How"), t("Where"), t("From"), t("To"), t("Minutes"), t("Rows between"), t("Met"), t("Quarantine until")], c.contacts.map((x) => [x.step, x.worker_id, x.name, t(`${x.level}_contact`), t(`met_${x.closest.kind}`), where(x.closest, told.names), ...span(x.closest), x.closest.minutes, near(x.closest), x.closest.by_id, x.until ?? ""])),
    c.crews.length ? [h("h2", {}, t("Crews exposed")), table([t("Trip"), t("From"), t("To")], c.crews.map((x) => [link(`under-way/${x.plan_id}/${x.trip_id}`, x.trip_id), ...span(x)]))] : null,
    c.seats_to_leave.length ? [h("h2", {}, t("Seats to leave")), table([t("Worker"), t("Trip"), t("Seat"), t("Leaves")], c.seats_to_leave.map((x) => [x.worker_id, link(`under-way/${x.plan_id}/${x.trip_id}`, x.trip_id), x.seat, when(x.leaves)]))] : null].flat();
}

function rooms(told) {
  const free = (night) => Object.entries(night.free).slice(0, 5).map(([hotel, n]) => `${told.names[hotel] ?? hotel}: ${n}`).join(" · ");
  return [h("h2", {}, t("Single rooms by night")), table([t("Night"), t("Needed"), t("There already"), t("Free single rooms")], told.nights.map((n) => [n.day, n.needed, n.held, free(n)]), t("Nobody needs one."))];
}
