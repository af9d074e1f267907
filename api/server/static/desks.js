// The desks of hotels, enterprises and health officers, and the ledger of protective kits.

import { call, get, h, safely, t, table, when } from "./base.js";

const time = (text) => (text ? text.slice(5, 16).replace("T", " ") : "");
const nonce = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
export const state = (way) => t(`way.${way}`);

/** Reports what happened just now; what was refused is thrown, what somebody will look at is told. */
export async function report(events) {
  const at = new Date().toISOString();
  const sent = events.map((one) => ({ nonce: nonce(), at, ...one }));
  const { told } = await call("POST", "/events", { events: sent });
  const refused = told.items.find((one) => one.outcome === "refused");
  if (refused) throw Object.assign(new Error(refused.title), { problem: refused });
  const flags = told.items.flatMap((one) => one.flags);
  if (flags.length) alert(`${t("It is noted. Somebody will look at this:")} ${[...new Set(flags)].map((f) => t(`flag.${f}`)).join(", ")}`);
}

const button = (label, work, main) => h("button", { class: main ? "main" : null, click: safely(work) }, label);

function coming(place, desk, again) {
  const say = (trip, kind, more) => async () => {
    await report([{ kind, plan_id: trip.plan_id, trip_id: trip.trip_id, place_id: place, ...more }]);
    await again();
  };
  const sign = (trip) => async () => {
    const name = prompt(t("Who signs?"));
    const heads = name && prompt(t("How many got off?"), trip.riders.length);
    if (!heads) return;
    await report([{ kind: "counted", says: { heads: Number(heads) } }, { kind: "signed", says: { side: "receiver" }, details: { name } }].map((one) => ({ plan_id: trip.plan_id, trip_id: trip.trip_id, place_id: place, ...one })));
    await again();
  };
  return table([t("Expected"), t("Trip"), t("Plate"), t("State"), t("Riders"), t("Confirmed"), t("Signed"), ""], desk.coming.map((x) => [
    h("span", {}, x.expected ? time(x.expected) : t("was here"), x.expected && x.expected !== x.planned ? h("span", { class: "bad" }, ` (${t("Planned for")} ${time(x.planned)})`) : ""), x.trip_id, x.plate, t(`course.${x.state}`), x.counted == null ? x.riders.length : `${x.counted} / ${x.riders.length}`,
    x.confirmed ? t("yes") : x.declined ? h("span", { class: "bad" }, t("declined")) : h("span", { class: "bad" }, t("not yet")), x.signed.map((s) => t(`side.${s}`)).join(", "),
    h("span", { class: "acts" }, x.confirmed ? null : button(t("We will receive them"), say(x, "destination_confirmed", { says: { heads: x.riders.length } }), true), x.declined || x.signed.length ? null : button(t("We cannot"), say(x, "destination_declined")), x.signed.includes("receiver") ? null : button(t("Count and sign"), sign(x)))]), t("Nobody is on the way."));
}

export async function hotel({ me, again }) {
  const place = me.subject;
  const desk = await get(`/hotels/${encodeURIComponent(place)}/desk`);
  const say = (worker, kind, more = {}) => async () => { await report([{ kind, worker_id: worker, place_id: place, ...more }]); await again(); };
  const asking = (worker, kind, question, says, proposed = "") => async () => {
    const told = prompt(question, proposed);
    if (told) await say(worker, kind, says(told.trim()))();
  };
  const room = (told) => ({ says: { room: told } });
  const measure = (g) => {
    const degrees = h("input", { type: "number", step: "0.1", min: 34, max: 43, required: true, "aria-label": t("Temperature °C") });
    return h("form", { class: "tight", submit: safely(async () => {
      const temperature = Number(degrees.value).toFixed(1);
      await say(g.worker_id, "measured", { says: { where: "hotel" }, details: { temperature } })();
      if (Number(temperature) >= 37.3) alert(t("Fever: the health officer has been told. Let them stay in the room."));
    }) }, degrees, h("button", {}, "°C"));
  };
  const release = (g) => say(g.worker_id, "released", { says: { certificate: desk.certificate } });
  const acts = (g) => h("span", { class: "acts" },
    ["in_quarantine", "under_observation"].includes(g.state) ? [measure(g), button(t("Move"), asking(g.worker_id, "room_moved", t("To which room?"), room)), button(t("Left"), say(g.worker_id, "hotel_left"))] : null,
    g.state === "left_hotel" ? button(t("Came back"), say(g.worker_id, "checked_in", room(g.room))) : null,
    g.due && g.state === "in_quarantine" ? button(t("Release"), release(g), true) : null,
    g.state === "released" ? [button(t("Send to work"), say(g.worker_id, "transferred"), true), h("a", { href: `/v1/journeys/${encodeURIComponent(g.worker_id)}/papers/release.pdf` }, t("Certificate"))] : null);
  const inRooms = desk.guests.filter((g) => ["in_quarantine", "under_observation"].includes(g.state));
  const card = (label, n, bad) => h("div", { class: "card" }, h("p", { class: "note" }, label), h("p", { class: bad && n ? "figure bad" : "figure" }, n));
  return [h("p", { class: "note" }, `${desk.name} · ${when(desk.now)} · `, h("a", { href: `/v1/hotels/${encodeURIComponent(place)}/papers/rooms.pdf` }, t("Room list"))),
    h("div", { class: "cards" }, card(t("To check in"), desk.to_check_in.length), card(t("In rooms"), inRooms.length), card(t("Temperatures lacking today"), inRooms.reduce((n, g) => n + g.lacks_today, 0), true), card(t("Release due"), inRooms.filter((g) => g.due).length)),
    h("h2", {}, t("Coaches")), coming(place, desk, again),
    h("h2", {}, t("To check in")), table([t("Worker"), t("Full name"), t("State"), t("Trip"), t("Room"), ""], desk.to_check_in.map((w) => [w.worker_id, w.name, state(w.state), w.trip_id, w.room, button(t("Check in"), asking(w.worker_id, "checked_in", t("To which room?"), room, w.room ?? ""), true)])),
    h("h2", {}, t("Guests")), table([t("Room"), t("Worker"), t("Full name"), t("State"), t("Until"), t("Today"), t("Days without enough"), ""], desk.guests.map((g) => [g.room, g.worker_id, g.name, state(g.state), h("span", { class: g.due ? "good" : "" }, g.until),
      h("span", { class: g.lacks_today ? "bad" : "" }, g.lacks_today ? t("{n} taken, {more} to take", { n: g.today, more: g.lacks_today }) : g.today), h("span", { class: "bad" }, g.missing.join(", ")), acts(g)]))];
}

export async function enterprise({ me, again }) {
  const place = me.subject;
  const desk = await get(`/enterprises/${encodeURIComponent(place)}/desk`);
  const ready = desk.awaited.filter((w) => w.may_arrive);
  const arrived = (workers) => async () => { await report(workers.map((w) => ({ kind: "arrived", worker_id: w.worker_id, place_id: place }))); await again(); };
  return [h("p", { class: "note" }, `${desk.name} · ${when(desk.now)}`), h("h2", {}, t("Coaches")), coming(place, desk, again),
    h("h2", {}, t("On the way")), ready.length ? h("p", {}, button(t("All {n} have arrived", { n: ready.length }), arrived(ready), true)) : null,
    table([t("Worker"), t("Full name"), t("State"), t("Where"), t("Until"), ""], desk.awaited.map((w) => [w.worker_id, w.name, state(w.state), w.place_id, w.until, w.may_arrive ? button(t("Arrived"), arrived([w])) : ""]), t("Everybody is at work."))];
}

export async function health({ me, again }) {
  const [desk, fevers] = await Promise.all([get("/health/desk"), get("/items?open=true&category=health&limit=200")]);
  const say = (g, kind, more = {}) => async () => { await report([{ kind, worker_id: g.worker_id, ...more }]); await again(); };
  const extend = (g) => async () => {
    const until = prompt(t("Until which day? YYYY-MM-DD"), g.until ?? "");
    if (until) await say(g, "quarantine_extended", { says: { until: until.trim() } })();
  };
  const readings = (worker) => async () => {
    const reason = prompt(t("Why do you look? It is recorded."));
    if (!reason) return;
    const found = await get(`/workers/${encodeURIComponent(worker)}/health?reason=${encodeURIComponent(reason)}`);
    document.getElementById("readings").replaceChildren(h("h2", {}, `${t("Temperatures of")} ${worker}`), table([t("When"), t("Where"), "°C", t("Symptoms, if any")], found.map((f) => [when(f.at), t(`where.${f.where}`), h("span", { class: Number(f.temperature) >= 37.3 ? "bad" : "" }, f.temperature), f.symptoms.join(", ")])));
  };
  const acts = (g) => h("span", { class: "acts" }, button(t("Look"), readings(g.worker_id)), g.state === "under_observation" ? button(t("Observation over"), say(g, "observation_ended"), true) : button(t("Begin observation"), say(g, "observation_began")), g.hotel_id ? button(t("Extend"), extend(g)) : null, g.due && g.hotel_id ? button(t("Release"), say(g, "released")) : null);
  const rows = (guests) => table([t("hotel"), t("Room"), t("Worker"), t("Full name"), t("State"), t("Until"), t("Days without enough"), ""], guests.map((g) => [g.hotel_id, g.room, g.worker_id, g.name, state(g.state), g.until, h("span", { class: "bad" }, g.missing.join(", ")), acts(g)]));
  const known = new Map([...desk.observed, ...desk.readings_missing, ...desk.due].map((g) => [g.worker_id, g]));
  return [h("h2", {}, t("To look at")), table([t("Due"), t("What"), t("Worker"), ""], fevers.items.map((i) => [h("span", { class: i.overdue ? "bad" : "" }, when(i.due_at)), h("a", { href: `#/items/${i.item_id}` }, t(`flag.${i.code}`)), i.values.worker_id, i.values.worker_id ? acts(known.get(i.values.worker_id) ?? { worker_id: i.values.worker_id }) : ""])),
    h("section", { id: "readings" }), h("h2", {}, t("Under observation")), rows(desk.observed), h("h2", {}, t("Temperatures missing")), rows(desk.readings_missing), h("h2", {}, t("Release due")), rows(desk.due)];
}

export async function kits({ me, again }) {
  const found = await get("/kits");
  const place = h("input", { required: true, maxlength: 100, value: me.role === "hotel" ? me.subject : "" });
  const kit = h("select", {}, ["mask", "thermometer", "disinfectant"].map((k) => h("option", { value: k }, t(`kit.${k}`))));
  const count = h("input", { type: "number", min: 1, required: true });
  return [["hotel", "carrier", "planner"].includes(me.role) ? h("form", { submit: safely(async () => { await report([{ kind: "kits_received", place_id: place.value.trim(), says: { kit: kit.value, count: Number(count.value) } }]); await again(); }) }, h("label", {}, t("Place"), place), h("label", {}, t("What"), kit), h("label", {}, t("How many"), count), h("button", { class: "main" }, t("Came in"))) : null,
    h("h2", {}, t("In stock")), table([t("Place"), t("What"), t("How many")], found.stock.map((s) => [s.place_id, t(`kit.${s.kit}`), h("span", { class: s.count < 0 ? "bad" : "" }, s.count)])),
    h("h2", {}, t("In and out")), table([t("When"), t("Place"), t("What"), t("How many"), t("Trip")], found.moves.map((m) => [when(m.at), m.place_id, t(`kit.${m.kit}`), m.count, m.trip_id]))];
}
