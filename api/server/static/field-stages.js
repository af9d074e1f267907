// Stages of the way: who drives, what was reached and left, and what went wrong.

import { h, t } from "./base.js";
import { next } from "./field-state.js";

const clock = (time) => time.slice(11, 16);
const named = (s) => s.name ?? t(s.kind);

export function stages(app) {
  const { now } = app;
  if (now.role !== "coordinator") return [h("p", { class: "note" }, t("The coordinator reports the stages.")), timeline(app, false)];
  const { what, stop } = next(now);
  const first = what === "leave" ? leave(app, stop, true) : what === "reach" ? reach(app, stop, true) : what === "roster" ? close(app, true) : what === "halted" ? simple(app, "went_on", "Going on", true) : null;
  return [first, lacking(now), h("h2", {}, t("Before departure")), vehicle(app), close(app, false), h("h2", {}, t("Stops")), timeline(app, true), h("h2", {}, t("Trouble")), trouble(app)].filter(Boolean);
}

const big = (label, work, main) => h("button", { class: main ? "main big" : "big", click: work }, label);
const simple = (app, kind, label, main = false) => big(t(label), () => app.tap({ kind }), main);
const reach = (app, s, main) => big(t("Reached {stop}", { stop: named(s) }), () => app.tap({ kind: "reached", says: { stop: s.seq } }), main);
const leave = (app, s, main) => big(t("Left {stop}", { stop: named(s) }), () => app.tap({ kind: "left", says: { stop: s.seq } }), main);
const close = (app, main) => big(app.now.roster === null ? t("Close the list of {n}", { n: app.now.riders.length }) : `✓ ${t("The list is closed: {n}", { n: app.now.roster })}`, () => app.tap({ kind: "roster_closed", says: { riders: app.now.riders.length } }), main);

function lacking(now) {
  if (now.stop || !now.lacks.length) return null;
  return h("p", { class: "note" }, t("Before departure there lacks: "), now.lacks.map((flag) => t(flag)).join(" · "), ". ", t("What happens is taken down all the same."));
}

function vehicle(app) {
  const { now } = app;
  return h("details", { id: "vehicle", open: !now.plate, "data-open": String(!now.plate) }, h("summary", {}, now.plate ? `✓ ${t("Plate and drivers")}: ${now.plate}` : t("Plate and drivers")), crewForm(app, "vehicle_named", t("Name them")));
}

/** Plate and drivers, of the vehicle or of its substitute. */
function crewForm(app, kind, label) {
  const withPlate = kind !== "drivers_changed";
  const plate = h("input", { id: `${kind}-plate`, maxlength: 20, required: true });
  const drivers = h("input", { id: `${kind}-drivers`, maxlength: 200, required: kind !== "vehicle_changed" });
  const phones = h("input", { id: `${kind}-phones`, maxlength: 200, inputmode: "tel" });
  const parts = (field) => field.value.split(/[,;，；、]/).map((x) => x.trim()).filter(Boolean);
  return h("form", { submit: async (e) => {
    e.preventDefault();
    const details = { ...(parts(drivers).length ? { driver_names: parts(drivers) } : {}), ...(parts(phones).length ? { driver_phones: parts(phones) } : {}) };
    const says = withPlate ? { plate: plate.value.trim() } : {};
    e.target.reset();
    await app.tap({ kind, says, details });
  } }, withPlate ? h("label", {}, t("Plate"), plate) : null, h("label", {}, t("Drivers' names"), drivers), h("label", {}, t("Drivers' telephones"), phones), h("button", { class: "big" }, label));
}

function timeline(app, acts) {
  const { now } = app;
  return h("ol", { class: "stops" }, now.stops.map((s) => {
    const passed = s.seq < now.stop || (s.seq === now.stop && now.left);
    const here = s.seq === now.stop && !now.left;
    const late = s.expected && s.expected !== s.arrive;
    const buttons = !acts || passed ? null : h("span", { class: "acts" }, here || s.kind === "depart" ? null : h("button", { click: () => app.tap({ kind: "reached", says: { stop: s.seq } }) }, t("Reached")), s.kind === "return" ? null : h("button", { click: () => app.tap({ kind: "left", says: { stop: s.seq } }) }, t("Left")));
    return h("li", { class: passed ? "passed" : here ? "here" : "" }, h("span", {}, h("b", {}, passed ? "✓ " : here ? "● " : "", named(s)), h("small", {}, late ? [h("s", {}, clock(s.arrive)), " ", clock(s.expected)] : clock(s.arrive), s.boarding ? ` · +${s.boarding}` : "", s.alighting ? ` · −${s.alighting}` : "")), buttons);
  }));
}

function trouble(app) {
  const minutes = h("input", { id: "minutes", inputmode: "numeric", pattern: "[0-9]{1,4}", maxlength: 4, required: true });
  const delay = (n) => h("button", { click: () => app.tap({ kind: "delayed", says: { minutes: n } }) }, `+${n}`);
  const drops = app.now.stops.filter((s) => s.kind === "drop");
  return [h("p", {}, t("Minutes late")), h("div", { class: "pair" }, [15, 30, 60, 120].map(delay)),
    h("form", { class: "pair", submit: async (e) => { e.preventDefault(); const n = Number(minutes.value); e.target.reset(); await app.tap({ kind: "delayed", says: { minutes: n } }); } }, minutes, h("button", {}, t("Minutes late"))),
    h("div", { class: "pair" }, simple(app, "broke_down", "Broke down"), simple(app, "road_closed", "Road closed"), drops.map((s) => big(t("Entry refused at {stop}", { stop: named(s) }), () => app.tap({ kind: "entry_refused", place_id: s.place_id }))), simple(app, "went_on", "Going on")),
    h("details", { id: "another-vehicle" }, h("summary", {}, t("Another vehicle")), crewForm(app, "vehicle_changed", t("It takes over"))),
    h("details", { id: "other-drivers" }, h("summary", {}, t("Other drivers")), crewForm(app, "drivers_changed", t("They take over")))];
}
