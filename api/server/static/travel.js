// Trips, rooms and money of published plans, as far as they are one's own.

import { all, button, fen, get, h, link, list, local, t, table } from "./base.js";

const AMOUNTS = ["total_yuan", "enterprise_yuan", "worker_yuan", "hotel_yuan", "government_yuan"];
const PAYERS = () => [t("enterprise"), t("the worker"), t("waived by the hotel"), t("government")];

const place = (s) => s.name ?? (["pickup", "drop"].includes(s.kind) ? s.place_id : t(s.kind));
const coach = (x) => h("span", { class: "whole" }, `${x.operator} · ${x.fleet_id}-${x.vehicle_no}`);

export async function trips(looker, planId, tripId) {
  if (tripId) return oneTrip(planId, tripId);
  return list("/trips", [t("Trip"), t("Leaves"), t("Comes back"), t("Coach"), t("Stops"), t("Riders"), t("Cost"), t("Our riders' part"), t("Paid by us")], (x) =>
    [link(`trips/${x.plan_id}/${x.trip_id}`, x.trip_id), local(x.leaves), local(x.back), coach(x), x.stops.filter((s) => ["pickup", "drop"].includes(s.kind)).map(place).join(" → "), String(x.riders), fen(x.cost_yuan), fen(x.own_yuan), fen(x.own_pays_yuan)], t("No published trip is yours to see."));
}

async function oneTrip(planId, tripId) {
  const trip = await get(`/trips/${encodeURIComponent(planId)}/${encodeURIComponent(tripId)}`);
  const names = new Map(trip.stops.map((s) => [s.place_id, s.name]));
  const named = (id) => names.get(id) ?? id;
  const count = (n) => (n ? String(n) : "");
  return [h("h2", {}, `${trip.trip_id} · ${trip.operator} ${trip.fleet_id}-${trip.vehicle_no}`),
    h("p", { class: "note" }, [t(trip.risk), `${t("Riders")} ${trip.riders}`, fen(trip.cost_yuan ?? trip.own_yuan)].filter(Boolean).join(" · ")),
    table([t("Stops"), t("What"), t("Arrives"), t("Leaves"), t("On"), t("Off")], trip.stops.map((s) => [place(s), s.name ? t(s.kind) : "", local(s.arrive), local(s.depart), count(s.boarding), count(s.alighting)])),
    ...(trip.people.length ? [h("h2", {}, t("Riders")), table([t("Seat"), t("Worker"), t("Full name"), t("id_number"), t("phone"), t("Board at"), t("Get off at")], trip.people.map((p) => [p.seat, p.worker_id, p.name, p.id_number, p.phone, named(p.pickup_id), named(p.drop_id)]))] : [])];
}

export const stays = () => list("/stays", [t("Worker"), t("Full name"), t("phone"), t("hotel"), t("Room"), t("Checks in"), t("Checks out")], (s) =>
  [s.worker_id, s.name, s.phone, s.hotel ?? s.hotel_id, s.room, s.check_in, s.check_out], t("No room of a published plan is yours to see."));

export async function costs() {
  const sums = h("section", { "aria-live": "polite" });
  const add = button(t("Add it up"), async () => {
    const rows = await all("/costs");
    const items = [...new Set(rows.map((c) => c.item))];
    const sum = (part, item) => (rows.every((c) => c[part] == null) ? "" : fen(rows.filter((c) => !item || c.item === item).reduce((whole, c) => whole + Math.round(100 * (c[part] ?? 0)), 0) / 100));
    const line = (label, item) => [label, ...AMOUNTS.map((part) => sum(part, item))];
    sums.replaceChildren(table([t("What"), t("In all"), ...PAYERS()], [...items.map((item) => line(t(item), item)), line(t("In all"))]));
  });
  return [h("p", {}, add), sums, h("h2", {}, t("One by one")), await list("/costs", [t("What"), t("Worker"), t("Trip"), t("In all"), ...PAYERS()], (c) =>
  [t(c.item), c.worker_id, c.trip_id ? link(`trips/${c.plan_id}/${c.trip_id}`, c.trip_id) : "", ...AMOUNTS.map((part) => fen(c[part]))])];
}
