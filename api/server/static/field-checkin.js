// Check-in: by list, by search, or by scanning.

import { h, t } from "./base.js";
import { count, degrees, FEVER, found, freeObservationSeat, scanned, WHY } from "./field-state.js";

const SYMPTOMS = ["cough", "fatigue", "short of breath", "sore throat"];
const SHUT = /\d[\d\s-]{9,}[\dXx]/; // a number of a person or a telephone: it must never get into the log as an id

export function checkin(app) {
  const { now } = app;
  const stops = now.stops.filter((s) => s.kind === "pickup");
  const here = now.riders.filter((r) => !app.pickup || r.pickup_id === app.pickup);
  const shown = found(here, app.search);
  const search = h("input", { id: "search", type: "search", placeholder: t("Name, last digits, seat"), value: app.search, autocomplete: "off", input: (e) => { app.search = e.target.value; app.render(); }, change: (e) => { const one = scanned(now.riders, e.target.value); if (one) open(app, one); } });
  const pickups = stops.length > 1 ? h("select", { "aria-label": t("Pickup"), change: (e) => { app.pickup = e.target.value; app.render(); } }, h("option", { value: "" }, t("All pickups")), stops.map((s) => h("option", { value: s.place_id, selected: s.place_id === app.pickup }, s.name ?? s.place_id))) : null;
  const figures = ["expected", "aboard", "absent", "alighted"].map((state) => h("span", { class: state }, h("b", {}, count({ riders: here }, state)), ` ${t(state)}`));
  return [h("div", { class: "find" }, search, pickups, "BarcodeDetector" in window && navigator.mediaDevices ? h("button", { click: () => scan(app) }, t("Scan")) : null),
    h("p", { class: "figures" }, figures),
    h("ul", { class: "riders" }, shown.map((r) => row(app, r))),
    shown.length ? "" : h("p", { class: "note" }, t("Nobody on the list is found.")),
    now.role === "coordinator" ? other(app, shown) : ""].flat();
}

const place = (now, id) => now.stops.find((s) => s.place_id === id)?.name ?? id;
/** From where to where, and for which enterprise. */
const way = (now, r) => [...new Set([r.pickup_id && place(now, r.pickup_id), place(now, r.drop_id), r.enterprise].filter(Boolean))].join(" → ");
const called = (r) => r.name ?? r.worker_id;
const last4 = (r) => (r.id_number ? `…${r.id_number.slice(-4)}` : "");

function row(app, r) {
  const { now } = app;
  const quick = now.role === "coordinator" && r.state === "expected" ? h("button", { class: "main", click: () => app.tap({ kind: "boarded", worker_id: r.worker_id }) }, t("Board")) : h("span", { class: `state ${r.state}` }, r.why ? t(r.why) : t(r.state));
  return h("li", { class: r.state, "data-worker": r.worker_id },
    h("button", { class: "who", click: () => open(app, r) }, h("b", { class: "seat" }, r.seat ?? "–"), h("span", {}, h("span", { class: "name" }, called(r), " ", h("small", {}, last4(r)), r.measured ? h("small", { class: "good" }, ` ${t("temperature taken")}`) : ""),
      h("small", {}, way(now, r)))), quick);
}

/** The sheet of one rider. */
function open(app, r) {
  const { now } = app;
  const temperature = h("input", { id: "temperature", inputmode: "decimal", maxlength: 5, placeholder: "36.5", input: () => look() });
  const said = h("p", { role: "status", class: "fever" });
  const symptoms = SYMPTOMS.map((name) => [name, h("input", { type: "checkbox", change: () => look() })]);
  const board = h("button", { class: "main big", click: () => send(true) }, t("Boarded"));
  const close = app.sheet(`${r.seat ?? ""} ${called(r)} ${last4(r)}`,
    h("p", { class: "note" }, way(now, r)),
    now.role === "enterprise" ? null : [h("label", {}, t("Temperature °C"), temperature), h("div", { class: "ticks" }, symptoms.map(([name, box]) => h("label", {}, box, t(name)))), said],
    acts());
  // No main button of the sheet reports a temperature that is none.
  function look() {
    const value = degrees(temperature.value);
    const fever = value !== null && value >= FEVER;
    const seat = freeObservationSeat(now);
    said.textContent = !fever ? "" : now.role !== "coordinator" ? t("Fever: the health officer is told.") : seat === null ? t("Fever: no observation seat is free. Keep apart, and call the desk.") : t("Fever: to observation seat {seat}. The health officer is told.", { seat });
    board.textContent = fever && seat !== null ? t("Boarded, on seat {seat}", { seat }) : t("Boarded");
    temperature.setCustomValidity(temperature.value.trim() && value === null ? t("Not a temperature between 30 and 45.") : "");
  }
  function measured() {
    const value = degrees(temperature.value);
    const ill = symptoms.filter(([, box]) => box.checked).map(([name]) => t(name));
    if (value === null && !ill.length) return [];
    const at = now.role === "hotel" ? { where: "hotel", place_id: now.place_id } : { where: r.state === "aboard" ? "road" : "door" };
    const { where, ...rest } = at;
    return [{ kind: "measured", worker_id: r.worker_id, ...rest, says: { where }, details: { ...(value === null ? {} : { temperature: value.toFixed(1) }), ...(ill.length ? { symptoms: ill } : {}) } }];
  }
  async function send(boards) {
    if (!temperature.reportValidity()) return;
    const value = degrees(temperature.value);
    const seat = freeObservationSeat(now);
    const moves = value !== null && value >= FEVER && seat !== null && now.role === "coordinator" && (boards || (r.state === "aboard" && !now.observation_seats.includes(r.seat)));
    const all = [...measured(), ...(boards ? [{ kind: "boarded", worker_id: r.worker_id }] : []), ...(moves ? [{ kind: "seated", worker_id: r.worker_id, says: { seat } }] : [])];
    if (!all.length) return temperature.focus();
    close();
    await app.tap(...all);
  }
  function acts() {
    const say = (why) => h("button", { click: async () => { close(); await app.tap({ kind: "missing", worker_id: r.worker_id, says: { why } }); } }, t(why));
    const only = h("button", { class: "big", click: () => send(false) }, t("Temperature only"));
    const missing = (whys) => [h("h3", {}, t("Not there, because")), h("div", { class: "pair" }, whys.map(say))];
    if (now.role === "hotel") return [only, room()];
    if (now.role === "enterprise") return [h("button", { class: "main big", click: async () => { close(); await app.tap({ kind: "arrived", worker_id: r.worker_id, place_id: now.place_id }); } }, t("Arrived at work")), missing(["no_show", "other"])];
    if (r.state === "aboard") return [only, h("button", { class: "big", click: async () => { close(); await app.tap({ kind: "alighted", worker_id: r.worker_id, place_id: r.drop_id }); } }, t("Got off")), missing(["left_on_way"])];
    if (r.state === "alighted") return [only];
    return [board, only, missing(WHY.filter((why) => why !== "left_on_way"))];
  }
  function room() {
    const number = h("input", { maxlength: 20, value: r.room ?? "", required: true });
    return h("form", { submit: async (e) => { e.preventDefault(); close(); await app.tap({ kind: "checked_in", worker_id: r.worker_id, place_id: now.place_id, says: { room: number.value.trim() } }); } }, h("label", {}, t("Room"), number), h("button", { class: "main big" }, t("Checked in")));
  }
}

/** Somebody who is there and not on the list: taken down, for the desk to look at. */
function other(app, shown) {
  const typed = app.search.trim();
  const aboard = Object.entries(app.now.besides).map(([worker, seat]) => h("li", { class: "aboard" }, h("span", { class: "who" }, h("b", { class: "seat" }, seat ?? "–"), worker), h("span", { class: "state aboard" }, t("not on the list"))));
  const add = !typed || shown.length ? "" : SHUT.test(typed) ? h("p", { class: "problem" }, t("Type the worker's id; identity and telephone numbers are never put into the log.")) : h("button", { class: "big", click: async () => { app.search = ""; await app.tap({ kind: "boarded", worker_id: typed }); } }, t("Board {id}, who is not on the list", { id: typed }));
  return [add, aboard.length ? h("ul", { class: "riders" }, aboard) : ""];
}

async function scan(app) {
  const video = h("video", { playsinline: true, muted: true });
  let stream = null;
  const close = app.sheet(t("Scan"), video);
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    await video.play();
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    while (video.isConnected) {
      const [code] = await detector.detect(video);
      if (code) {
        close();
        const one = scanned(app.now.riders, code.rawValue);
        if (one) open(app, one);
        else { app.search = code.rawValue.split(/[/#?=&]/).pop(); app.render(); }
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  } catch {
    close();
    document.getElementById("search").focus(); // no camera: it is typed
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
}
