// The desks of hotels, enterprises and health officers, and the ledger of protective kits.

import { announce, ask, button, call, choice, download, field, get, h, link, safely, t, table, when } from "./base.js";

const time = (text) => (text ? text.slice(5, 16).replace("T", " ") : "");
const nonce = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
export const state = (way) => t(`way.${way}`);
const MAIN = { class: "main" };
const NAME = { required: true, maxlength: 100 };

/** Reports what happened just now; what was refused is thrown, what somebody will look at is told, and what `more` says. */
export async function report(events, more = []) {
  const at = new Date().toISOString();
  const sent = events.map((one) => ({ nonce: nonce(), at, ...one }));
  const { told } = await call("POST", "/events", { events: sent });
  const refused = told.items.find((one) => one.outcome === "refused");
  if (refused) throw Object.assign(new Error(refused.title), { problem: refused });
  const flags = [...new Set(told.items.flatMap((one) => one.flags))].map((f) => t(`flag.${f}`));
  const said = [
    flags.length ? `${t("It is noted. Somebody will look at this:")} ${flags.join(", ")}` : null,
    ...told.items.map((one) => one.seat && t("Move them to observation seat {seat}.", { seat: one.seat })),
    ...told.items.map((one) => one.certificate && t("Certificate {number}", { number: one.certificate })),
    ...more,
  ].filter(Boolean);
  if (said.length) announce(said.join(" · "));
}

/** A paper as a file, and as a page to print. */
export const paper = (path, label) => h("span", { class: "acts" }, button(`${label} PDF`, () => download(`${path}.pdf`)), h("a", { href: `/v1${path}.html`, target: "_blank" }, t("Page to print")));

function coming(place, desk, again) {
  const say = (trip, kind, more) => async () => {
    await report([{ kind, plan_id: trip.plan_id, trip_id: trip.trip_id, place_id: place, ...more }]);
    await again();
  };
  const decline = (trip) => () => ask(t("We cannot receive trip {trip}?", { trip: trip.trip_id }), [{ label: t("Why, if you like"), maxlength: 300 }], t("We cannot"), (note) => say(trip, "destination_declined", note ? { details: { note } } : {})());
  const sign = (trip) => () => ask(t("Count and sign"), [{ label: t("Who signs?"), ...NAME }, { label: t("How many got off?"), type: "number", min: 0, max: 200, required: true, value: trip.riders.length }], t("Sign"), async (name, heads) => {
    const both = [{ kind: "counted", says: { heads: Number(heads) } }, { kind: "signed", says: { side: "receiver" }, details: { name } }];
    await report(both.map((one) => ({ plan_id: trip.plan_id, trip_id: trip.trip_id, place_id: place, ...one })));
    await again();
  });
  const receive = (x) => () => ask(t("How many of trip {trip} can you receive?", { trip: x.trip_id }), [{ label: t("{n} come; who receives fewer has not confirmed", { n: x.riders.length }), type: "number", min: Math.min(1, x.riders.length), max: x.riders.length, required: true, value: Math.min(x.receives ?? x.riders.length, x.riders.length) }], t("We will receive them"), (heads) => say(x, "destination_confirmed", { says: { heads: Number(heads) } })());
  const late = (x) => (x.expected && x.expected !== x.planned ? h("span", { class: "bad" }, ` (${t("Planned time")} ${time(x.planned)})`) : "");
  const word = (x) => (x.confirmed ? t("yes") : h("span", { class: "bad" }, x.declined ? t("cannot receive them") : x.receives == null ? t("not confirmed") : t("receives {n} of {of}", { n: x.receives, of: x.riders.length })));
  return table([t("Expected"), t("Trip"), t("Plate"), t("State"), t("Riders"), t("Confirmed"), t("Signed"), ""], desk.coming.map((x) => [
    h("span", {}, x.expected ? time(x.expected) : t("was here"), late(x)), x.trip_id, x.plate, t(`course.${x.state}`), x.counted == null ? String(x.riders.length) : `${x.counted} / ${x.riders.length}`, word(x), x.signed.map((s) => t(`side.${s}`)).join(", "),
    h("span", { class: "acts" }, x.confirmed && x.signed.length ? null : button(x.confirmed ? t("Another number") : t("We will receive them"), receive(x), x.confirmed ? {} : MAIN),
      x.declined || x.signed.length ? null : button(t("We cannot"), decline(x)), x.signed.includes("receiver") ? null : button(t("Count and sign"), sign(x)))]), t("Nobody is on the way."));
}

export async function hotel({ me, again }) {
  const place = me.subject;
  const at = `/hotels/${encodeURIComponent(place)}`;
  const desk = await get(`${at}/desk`);
  const say = (worker, kind, more = {}) => async () => { await report([{ kind, worker_id: worker, place_id: place, ...more }]); await again(); };
  const called = (who) => [who.name, who.worker_id].filter(Boolean).join(" · ");
  const room = (who, kind, go) => () => ask(`${go}: ${called(who)}`, [{ label: t("To which room?"), required: true, maxlength: 20, value: kind === "checked_in" ? who.room : "" }], go, (told) => say(who.worker_id, kind, { says: { room: told } })());
  const another = () => ask(t("Check in somebody else"), [{ label: t("Worker"), required: true, maxlength: 100 }, { label: t("To which room?"), required: true, maxlength: 20 }], t("Check in"), (worker, told) => say(worker, "checked_in", { says: { room: told } })());
  const free = (g) => !g.until || g.until <= desk.now.slice(0, 10);
  const sure = (who, kind, go, title) => () => ask(`${title} ${called(who)}`, [], go, say(who.worker_id, kind));
  const measure = (g) => {
    const degrees = h("input", { type: "number", step: "0.1", min: 34, max: 43, required: true, "aria-label": `${t("Temperature °C")} ${called(g)}` });
    return h("form", { class: "tight", submit: safely(async () => {
      const temperature = Number(degrees.value).toFixed(1);
      const fever = Number(temperature) >= 37.3 ? [t("Fever: the health officer has been told. Let them stay in the room.")] : [];
      await report([{ kind: "measured", worker_id: g.worker_id, place_id: place, says: { where: "hotel" }, details: { temperature } }], fever);
      await again();
    }) }, degrees, h("button", {}, "°C"));
  };
  const here = (g) => ["in_quarantine", "under_observation"].includes(g.state);
  const acts = (g) => h("span", { class: "acts" },
    here(g) ? [measure(g), button(t("Move"), room(g, "room_moved", t("Move"))), button(t("Left the hotel"), sure(g, "hotel_left", t("Left the hotel"), t("Left the hotel without a release?")))] : null,
    g.state === "left_hotel" ? button(t("Came back"), say(g.worker_id, "checked_in", { says: { room: g.room } })) : null,
    g.due && g.state === "in_quarantine" ? button(t("Release"), say(g.worker_id, "released"), MAIN) : null,
    g.state === "released" && !free(g) ? button(t("Check in"), room(g, "checked_in", t("Check in")), MAIN) : null,
    g.state === "released" ? [button(t("Send to work"), say(g.worker_id, "transferred"), free(g) ? MAIN : {}), free(g) && paper(`/journeys/${encodeURIComponent(g.worker_id)}/papers/release`, t("Certificate"))] : null);
  const inRooms = desk.guests.filter(here);
  const counted = (label, n, bad) => h("div", { class: "card" }, h("p", { class: "note" }, label), h("p", { class: bad && n ? "figure bad" : "figure" }, n));
  return [h("p", { class: "note" }, `${desk.name} · ${when(desk.now)}`), h("p", {}, paper(`${at}/papers/rooms`, t("Room list"))),
    h("div", { class: "cards" }, counted(t("To check in"), desk.to_check_in.length), counted(t("In rooms"), inRooms.length), counted(t("Temperatures lacking today"), inRooms.reduce((n, g) => n + g.lacks_today, 0), true), counted(t("Release due"), inRooms.filter((g) => g.due).length)),
    h("h2", {}, t("Coaches")), coming(place, desk, again),
    h("h2", {}, t("To check in")), table([t("Worker"), t("Full name"), t("State"), t("Trip"), t("Room"), ""], desk.to_check_in.map((w) => [w.worker_id, w.name, state(w.state), w.trip_id, w.room, button(t("Check in"), room(w, "checked_in", t("Check in")), MAIN)])),
    h("p", {}, button(t("Check in somebody else"), another)),
    h("h2", {}, t("Guests")), table([t("Room"), t("Worker"), t("Full name"), t("State"), t("Quarantine until"), t("Today"), t("Days without enough"), ""], desk.guests.map((g) => [g.room, g.worker_id, g.name, state(g.state), h("span", { class: g.due ? "good" : "" }, g.until),
      h("span", { class: g.lacks_today ? "bad" : "" }, g.lacks_today ? t("{n} taken, {more} to take", { n: g.today, more: g.lacks_today }) : g.today), g.missing.length ? h("span", { class: "bad" }, g.missing.join(", ")) : null, acts(g)]))];
}

export async function enterprise({ me, again }) {
  const place = me.subject;
  const desk = await get(`/enterprises/${encodeURIComponent(place)}/desk`);
  const ready = desk.awaited.filter((w) => w.may_arrive);
  const arrived = (workers) => async () => { await report(workers.map((w) => ({ kind: "arrived", worker_id: w.worker_id, place_id: place }))); await again(); };
  const everybody = () => ask(t("Have all {n} arrived at work?", { n: ready.length }), [], t("All {n} have arrived", { n: ready.length }), arrived(ready));
  return [h("p", { class: "note" }, `${desk.name} · ${when(desk.now)}`), h("h2", {}, t("Coaches")), coming(place, desk, again),
    h("h2", {}, t("On the way")), ready.length ? h("p", {}, button(t("All {n} have arrived", { n: ready.length }), everybody, MAIN)) : null,
    table([t("Worker"), t("Full name"), t("State"), t("Where"), t("Quarantine until"), ""], desk.awaited.map((w) => [w.worker_id, w.name, state(w.state), w.place ?? w.place_id, w.until, w.may_arrive ? button(t("Arrived"), arrived([w])) : ""]), t("Nobody is on the way to work.")),
    desk.stayed_away.length ? [h("h2", {}, t("Withdrew, did not come or left")), table([t("Worker"), t("Full name"), t("State"), t("Where")], desk.stayed_away.map((w) => [w.worker_id, w.name, state(w.state), w.place ?? w.place_id]))] : null];
}

export async function health({ again }) {
  const [desk, fevers] = await Promise.all([get("/health/desk"), get("/items?open=true&category=health&limit=200")]);
  const say = (g, kind, more = {}) => async () => { await report([{ kind, worker_id: g.worker_id, ...more }]); await again(); };
  const extend = (g) => () => ask(`${t("Extend")}: ${g.worker_id}`, [{ label: t("Until which day?"), type: "date", required: true, value: g.until, min: g.until }], t("Extend"), (until) => say(g, "quarantine_extended", { says: { until } })());
  const readings = (worker) => () => ask(`${t("Temperatures of")} ${worker}`, [{ label: t("Why do you look? It is recorded."), required: true, minlength: 2, maxlength: 300 }], t("Look"), async (reason) => {
    const found = await get(`/workers/${encodeURIComponent(worker)}/health?reason=${encodeURIComponent(reason)}`);
    const box = document.getElementById("readings");
    box.replaceChildren(h("h2", {}, `${t("Temperatures of")} ${worker}`), table([t("When"), t("Where"), "°C", t("Symptoms, if any")], found.map((f) => [when(f.at), t(`where.${f.where}`), h("span", { class: Number(f.temperature) >= 37.3 ? "bad" : "" }, f.temperature), f.symptoms.join(", ")])));
    box.scrollIntoView({ block: "nearest" });
  });
  const acts = (g) => h("span", { class: "acts" }, button(t("Look"), readings(g.worker_id)), g.state === "under_observation" ? button(t("Observation over"), say(g, "observation_ended"), MAIN) : button(t("Begin observation"), say(g, "observation_began")), g.hotel_id ? button(t("Extend"), extend(g)) : null, g.due && g.hotel_id ? button(t("Release"), say(g, "released")) : null);
  const rows = (guests) => table([t("hotel"), t("Room"), t("Worker"), t("Full name"), t("State"), t("Quarantine until"), t("Days without enough"), ""], guests.map((g) => [g.hotel ?? g.hotel_id, g.room, g.worker_id, g.name, state(g.state), g.until, g.missing.length ? h("span", { class: "bad" }, g.missing.join(", ")) : null, acts(g)]));
  const where = ({ values }) => {
    const guest = known.get(values.worker_id);
    return guest ? [guest.hotel ?? guest.hotel_id, guest.room].filter(Boolean).join(" ") : fevers.names[values.place_id] ?? values.place_id ?? (values.trip_id && link(`under-way/${values.plan_id}/${values.trip_id}`, values.trip_id));
  };
  const known = new Map([...desk.observed, ...desk.readings_missing, ...desk.due].map((g) => [g.worker_id, g]));
  return [h("h2", {}, t("To look at")), table([t("Due"), t("What"), t("Worker"), t("Where"), ""], fevers.items.map((i) => [h("span", { class: i.overdue ? "bad" : "" }, when(i.due_at)), h("a", { href: `#/items/${i.item_id}` }, t(`flag.${i.code}`)), i.values.worker_id, where(i), i.values.worker_id ? acts(known.get(i.values.worker_id) ?? { worker_id: i.values.worker_id }) : ""])),
    h("section", { id: "readings" }), h("h2", {}, t("Under observation")), rows(desk.observed), h("h2", {}, t("Temperatures missing")), rows(desk.readings_missing), h("h2", {}, t("Release due")), rows(desk.due)];
}

export async function kits({ me, again }) {
  const found = await get("/kits");
  const names = new Map(found.places.map((p) => [p.place_id, `${p.name} · ${p.place_id}`]));
  const place = choice({ required: true }, [...names], me.subject);
  const kit = choice({}, ["mask", "thermometer", "disinfectant"].map((k) => [k, t(`kit.${k}`)]));
  const count = h("input", { type: "number", min: 1, max: 1000000, required: true });
  const came = safely(async () => {
    await report([{ kind: "kits_received", place_id: place.value, says: { kit: kit.value, count: Number(count.value) } }]);
    await again();
  });
  const called = (id) => names.get(id) ?? id;
  return [["hotel", "carrier", "planner"].includes(me.role) && names.size ? h("form", { submit: came }, field(t("Place"), place), field(t("What"), kit), field(t("How many"), count), h("button", MAIN, t("Came in"))) : null,
    h("h2", {}, t("In stock")), table([t("Place"), t("What"), t("How many")], found.stock.map((s) => [called(s.place_id), t(`kit.${s.kit}`), h("span", { class: s.count < 0 ? "bad" : "" }, s.count)])),
    h("h2", {}, t("In and out")), table([t("When"), t("Place"), t("What"), t("How many"), t("Trip")], found.moves.map((m) => [when(m.at), called(m.place_id), t(`kit.${m.kit}`), String(m.count), m.trip_id]))];
}
