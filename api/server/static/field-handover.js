// The hand-over at each drop: who gets off, who is missing, the head count, and both signatures.

import { h, t } from "./base.js";
import { WHY } from "./field-state.js";

export function handover(app) {
  const drops = app.now.stops.filter((s) => s.kind === "drop" && (!app.now.place_id || s.place_id === app.now.place_id));
  return drops.flatMap((s) => drop(app, s));
}

function drop(app, s) {
  const { now } = app;
  const mine = now.riders.filter((r) => r.drop_id === s.place_id);
  const of = (state) => mine.filter((r) => r.state === state);
  const coordinates = now.role === "coordinator";
  return [h("h2", {}, s.name ?? s.place_id), h("p", { class: "figures" }, ["aboard", "alighted", "absent", "expected"].map((state) => h("span", { class: state }, h("b", {}, of(state).length), ` ${t(state)}`))),
    coordinates && of("aboard").length ? getOff(app, s, of("aboard")) : "",
    coordinates && of("expected").length ? explain(app, s, of("expected")) : "",
    counted(app, s, of("alighted").length), ...(coordinates ? ["carrier", "receiver"] : ["receiver"]).map((side) => sign(app, s, side))];
}

const who = (r) => `${r.seat ?? ""} ${r.name ?? r.worker_id} ${r.id_number ? `…${r.id_number.slice(-4)}` : ""}`;

/** All in one tap; whoever does not get off is ticked away before. */
function getOff(app, s, aboard) {
  const boxes = aboard.map((r) => [r, h("input", { type: "checkbox", checked: true, id: `off-${r.worker_id}`, "data-worker": r.worker_id, change: () => { all.textContent = label(); all.disabled = !chosen().length; } })]);
  const chosen = () => boxes.filter(([, box]) => box.checked).map(([r]) => r);
  const label = () => t("{n} got off here", { n: chosen().length });
  const all = h("button", { class: "main big", click: async () => {
    const gone = chosen();
    if (gone.length) await app.tap(...gone.map((r) => ({ kind: "alighted", worker_id: r.worker_id, place_id: s.place_id })));
  } }, t("{n} got off here", { n: aboard.length }));
  return h("section", {}, all, h("details", { id: `but-${s.seq}` }, h("summary", {}, t("But not these")), h("div", { class: "ticks" }, boxes.map(([r, box]) => h("label", {}, box, who(r))))));
}

/** Open once the drop is reached: before that, whoever is not aboard may still come. */
function explain(app, s, missing) {
  const reached = app.now.stop >= s.seq;
  const say = (r, why) => h("button", { click: () => app.tap({ kind: "missing", worker_id: r.worker_id, says: { why } }) }, t(why));
  return h("details", { id: `explain-${s.seq}`, open: reached, "data-open": String(reached) }, h("summary", {}, `${t("Not there, because")} (${missing.length})`), missing.map((r) => h("div", { class: "missing" }, h("p", {}, who(r)), h("div", { class: "pair" }, WHY.map((why) => say(r, why))))));
}

function counted(app, s, known) {
  const heads = h("input", { id: `heads-${s.seq}`, inputmode: "numeric", pattern: "[0-9]{1,3}", maxlength: 3, required: true, value: s.counted ?? known });
  return h("form", { class: "pair", submit: async (e) => { e.preventDefault(); await app.tap({ kind: "counted", place_id: s.place_id, says: { heads: Number(heads.value) } }); } },
    h("label", {}, s.counted === null ? t("Heads") : `✓ ${t("Heads")}`, heads), h("button", { class: s.counted === null ? "main" : "" }, t("Heads counted")));
}

function sign(app, s, side) {
  if (s.signed.includes(side)) return h("p", { class: "good" }, `✓ ${t(`signed: ${side}`)}`);
  const name = h("input", { id: `${side}-${s.seq}`, maxlength: 60, required: true, autocomplete: "off" });
  return h("form", { class: "pair", submit: async (e) => { e.preventDefault(); await app.tap({ kind: "signed", place_id: s.place_id, says: { side }, details: { name: name.value.trim() } }); } },
    h("label", {}, t(`signed: ${side}`), name), h("button", {}, t("Sign")));
}
