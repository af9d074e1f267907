// What this phone has reported: what waits, what was refused and why, and how it is put right.

import { h, language, t } from "./base.js";

export function reports(app) {
  const voided = new Set(app.items.map((one) => one.voids));
  const newest = [...app.items].reverse();
  const order = { refused: 0, waiting: 1, recorded: 2 };
  newest.sort((a, b) => order[a.state] - order[b.state]);
  return [h("p", { class: "note" }, t("What is unsent is kept on this phone until the network is back; do not clear the browser's data.")),
    newest.length ? h("ul", { class: "reports" }, newest.map((one) => row(app, one, voided.has(one.nonce)))) : h("p", { class: "note" }, t("Nothing reported yet."))];
}

function row(app, one, gone) {
  const { report } = one;
  const rider = app.now.riders.find((r) => r.worker_id === report.worker_id);
  const place = app.now.stops.find((s) => (report.place_id && s.place_id === report.place_id) || s.seq === report.says?.stop);
  const about = [rider ? rider.name ?? rider.worker_id : report.worker_id, place && (place.name ?? t(place.kind)), report.says?.why && t(report.says.why), report.details?.temperature && `${report.details.temperature} °C`].filter(Boolean).join(" · ");
  const at = new Date(report.at).toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
  const act = one.state === "refused" ? h("button", { click: () => app.tryAgain(one) }, t("Try again"))
    : one.voids === null && !gone ? h("button", { class: "quiet", click: () => takeBack(app, one) }, t("Take back")) : null;
  return h("li", { class: one.state }, h("span", {}, h("b", { class: gone ? "gone" : "" }, `${{ refused: "⚠", waiting: "…", recorded: "✓" }[one.state]} ${t(report.kind)}`), h("small", {}, `${at} ${about}`),
    one.state === "refused" ? h("small", { class: "bad" }, `${one.title} ${one.remedy}`) : "", gone ? h("small", {}, t("taken back")) : ""), act);
}

function takeBack(app, one) {
  const why = h("input", { required: true, maxlength: 300, value: t("tapped by mistake") });
  const send = (event) => { event.preventDefault(); close(); app.takeBack(one, why.value.trim()); };
  const close = app.sheet(t("Take back"), h("form", { submit: send }, h("label", {}, t("What was wrong?"), why), h("button", { class: "main big" }, t("Take back"))));
}
