// A trip's five stages with what each lacks, its riders, and a worker's way.

import { ask, button, field, get, h, list, safely, t, table, when } from "./base.js";
import { paper, report, state } from "./desks.js";

const local = (time) => (time ? time.slice(5, 16).replace("T", " ") : "");
const PLACES = ["confirmed", "counted", "signed"];

/** Trips with the way into each. */
export async function underWay(looker, planId, tripId, workerId) {
  if (workerId) return way(looker, workerId);
  if (tripId) return trip(looker, planId, tripId);
  return list("/trips", [t("Trip"), t("Leaves"), t("Coach"), t("Stops"), t("Riders")], (x) => [h("a", { href: `#/under-way/${x.plan_id}/${encodeURIComponent(x.trip_id)}` }, x.trip_id), local(x.leaves), `${x.operator} ${x.fleet_id}-${x.vehicle_no}`,
    x.stops.filter((s) => ["pickup", "drop"].includes(s.kind)).map((s) => s.name ?? s.place_id).join(" → "), x.riders]);
}

const lack = (task, names) => task.lacks.map((x) => (task.duty === "kits" ? t(`kit.${x}`) : names.get(x) ?? x)).slice(0, 8).join(", ") + (task.lacks.length > 8 ? " …" : "");

async function trip({ me, again }, planId, tripId) {
  const at = `/trips/${planId}/${encodeURIComponent(tripId)}`;
  const [now, course, plan] = await Promise.all([get(`${at}/stages`), get(`${at}/course`), get(at)]);
  const names = new Map(plan.stops.map((s) => [s.place_id, s.name ?? s.place_id]));
  const stopAt = (s) => (["depart", "return"].includes(s.kind) ? t(s.kind) : names.get(s.place_id) ?? t(s.kind));
  const isDone = (s, task) => task.done >= task.of && (task.of > 0 || s.standing !== "waiting");
  const box = (s) => h("li", { class: `stage ${s.standing}` }, h("strong", {}, t(`stage.${s.stage}`)), h("span", { class: "note" }, t(`standing.${s.standing}`)),
    h("ul", {}, s.tasks.map((task) => h("li", { class: isDone(s, task) ? "good" : s.standing === "waiting" ? "note" : "bad" }, `${isDone(s, task) ? "✓" : "○"} ${t(`duty.${task.duty}`)} ${task.of === 1 ? "" : `${task.done} / ${task.of}`}`, task.lacks.length && s.standing !== "waiting" ? h("small", {}, ` ${lack(task, PLACES.includes(task.duty) ? names : new Map())}`) : ""))));
  const say = (events) => async () => { await report(events.map((one) => ({ plan_id: planId, trip_id: tripId, ...one }))); await again(); };
  const duty = (name) => now.stages.flatMap((s) => s.tasks).find((task) => task.duty === name);
  const plate = h("input", { required: true, maxlength: 20, value: now.plate });
  const drivers = h("input", { required: true, maxlength: 200, placeholder: t("one or two names") });
  const name = safely(async () => {
    const names = drivers.value.split(/[,，、]/).map((x) => x.trim()).filter(Boolean);
    await say([{ kind: "vehicle_named", says: { plate: plate.value.trim() }, details: { driver_names: names } }])();
  });
  const issued = Object.entries(now.kits).filter(([kit]) => duty("kits").lacks.includes(kit)).map(([kit, count]) => ({ kind: "kits_issued", place_id: now.depot, says: { kit, count } }));
  const listed = Object.entries(now.kits).map(([kit, n]) => `${t(`kit.${kit}`)} ${n}`).join(", ");
  const mayAct = ["planner", "coordinator", "carrier"].includes(me.role);
  const over = ["ended", "cancelled"].includes(now.state);
  const leads = ["planner", "coordinator"].includes(me.role);
  const cancel = () => ask(t("Cancel trip {trip}?", { trip: tripId }), [{ label: t("Why"), required: true, maxlength: 300 }], t("Cancel the trip"), (note) => say([{ kind: "trip_cancelled", details: { note } }])());
  const substitute = () => ask(t("Substitute vehicle"), [{ label: t("Plate"), required: true, maxlength: 20 }, { label: t("Operator, if another"), maxlength: 100 }, { label: t("What it costs on top, in yuan"), type: "number", min: 0, max: 1000000, step: "0.01" }], t("Substitute vehicle"), (plate, operator, yuan) => {
    const says = { plate, ...(operator ? { operator } : {}), ...(Number(yuan) ? { cost_fen: Math.round(Number(yuan) * 100) } : {}) };
    return say([{ kind: "vehicle_changed", says }])();
  });
  const acts = mayAct ? h("div", {},
    over ? null : h("form", { submit: name }, field(t("Plate"), plate), field(t("Drivers"), drivers), h("button", { class: "main" }, t("Name them"))),
    h("p", { class: "acts" }, issued.length ? button(`${t("Issue kits")}: ${listed}`, say(issued)) : null,
      me.role !== "carrier" && !duty("roster").done ? button(t("Close the roster"), say([{ kind: "roster_closed", says: { riders: now.riders.length } }])) : null,
      leads && !over ? button(t("Substitute vehicle"), substitute) : null, leads && ["planned", "organised"].includes(now.state) ? button(t("Cancel the trip"), cancel) : null)) : null;
  const confirmed = duty("confirmed").done >= duty("confirmed").of;
  const papers = (me.role === "carrier" ? [] : ["manifest", "seats", "roster"]).concat(confirmed ? ["pass"] : []).map((p) => paper(`${at}/papers/${p}`, t(`paper.${p}`)));
  const withheld = confirmed ? null : h("p", { class: "note" }, t("The travel pass can be had once every destination has confirmed."));
  return [h("p", {}, h("strong", {}, `${tripId} · ${t(`course.${now.state}`)}`), ` ${now.plate ?? ""} `, now.delay_minutes ? h("span", { class: "bad" }, t("{n} minutes late", { n: now.delay_minutes })) : ""),
    h("ol", { class: "stages" }, now.stages.map(box)), acts, mayAct ? [h("h2", {}, t("Papers")), h("p", { class: "papers" }, papers), withheld] : null,
    h("h2", {}, t("Stops")), table([t("Stops"), t("Planned time"), t("Expected now")], course.ahead.map((s) => [stopAt(s), local(s.planned), h("span", { class: s.arrive !== s.planned ? "bad" : "" }, local(s.arrive))]), t("All stops are behind it.")),
    now.riders.length ? [h("h2", {}, t("Riders")), table([t("Seat"), t("Worker"), t("Full name"), t("State"), t("Get off at")], now.riders.map((r) => [r.seat, h("a", { href: `#/under-way/${planId}/${encodeURIComponent(tripId)}/${encodeURIComponent(r.worker_id)}` }, r.worker_id), r.name, state(r.state), names.get(r.drop_id) ?? r.drop_id]))] : null].flat();
}

/** A worker's way as a line of what happened, with its times; who leads trips may take back what was reported by mistake. */
async function way({ me, again }, workerId) {
  const found = await get(`/journeys/${encodeURIComponent(workerId)}/steps`);
  const takeBack = (s) => () => ask(t("Take back what was reported by mistake? It stays in the log."), [{ label: t("Why"), required: true, maxlength: 300 }], t("Take back"), async (note) => {
    await report([{ kind: "voided", worker_id: workerId, says: { event: s.seq }, details: { note } }]);
    await again();
  });
  return [h("p", {}, h("strong", {}, `${workerId} · ${state(found.state)}`)), h("ol", { class: "way" }, found.items.map((s) => h("li", {}, h("time", {}, when(s.at)), " ", t(`kind.${s.kind}`), ` ${[s.place ?? s.place_id, s.room].filter(Boolean).join(" ")} `, ["planner", "coordinator"].includes(me.role) ? button(t("Take back"), takeBack(s)) : null))), found.items.length ? null : h("p", { class: "empty" }, t("Nothing was reported yet."))];
}
