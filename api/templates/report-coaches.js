"use strict";
// Coaches over the days: a row a fleet, a row a coach, a bar a trip.

const DAY = 86400000;
const weekend = (day) => [0, 6].includes(new Date(day + "T00:00Z").getUTCDay());
const openFleets = new Set();

function gantt() {
  const start = Date.parse(data.days[0] + "T00:00Z"), length = data.days.length * DAY;
  const at = (minute) => (100 * (Date.parse(minute + "Z") - start)) / length;
  byId("risk-legend").innerHTML = Object.keys(RISKS).filter((risk) => trips.some((trip) => trip.risk === risk))
    .map((risk) => `<li><span class="swatch ${risk}"></span>${esc(label(risk))}</li>`).join("");
  const coach = (fleet, [vehicle, runs]) =>
    `<div class="lane coach"><span class="name">${esc(t("coach {n}", { n: vehicle }))}</span>` +
    `<div class="track" style="background-size:${100 / data.days.length}% 100%">${runs.map((i) => {
      const trip = trips[i], from = at(trip.stops[0][3]), to = at(trip.stops[trip.stops.length - 1][2]);
      const words = `${trip.id}: ${clock(trip.stops[0][3])} – ${clock(trip.stops[trip.stops.length - 1][2])}, ` +
        `${route(trip)}, ${t("{riders} of {limit} riders", { riders: trip.riders.length, limit: trip.limit })}`;
      return `<button type="button" class="run ${trip.risk}" data-trip="${i}" title="${esc(words)}" ` +
        `aria-label="${esc(words)}" style="left:${from}%;width:${to - from}%">${trip.riders.length}</button>`;
    }).join("")}</div></div>`;
  byId("gantt").innerHTML =
    `<div class="lane head"><span class="name">${esc(t("fleet and coach"))}</span><div class="days">${
      data.days.map((day) => `<span class="${weekend(day) ? "weekend" : ""}">${shortDay(day)}</span>`).join("")
    }</div></div>` +
    data.fleets.map((fleet, f) =>
      `<details data-fleet="${f}"${openFleets.has(f) ? " open" : ""}><summary class="lane fleet">` +
      `<span class="name" title="${esc(places[fleet.place].id)}">${esc(placeName(fleet.place))} ` +
      `${esc(t("({seats} seats)", { seats: fleet.seats }))}</span><div class="days">${fleet.out.map((out, d) =>
        `<span style="background:rgba(0,114,178,${out ? 0.12 + (0.4 * out) / Math.max(out, fleet.there[d]) : 0})">${
          out ? `${out}/${fleet.there[d]}` : ""}</span>`).join("")
      }</div></summary><div class="coaches">${
        openFleets.has(f) ? fleet.trips.map((row) => coach(fleet, row)).join("") : ""}</div></details>`).join("");
  for (const node of byId("gantt").querySelectorAll("details"))
    node.addEventListener("toggle", () => {
      const f = Number(node.dataset.fleet);
      if (node.open) openFleets.add(f); else openFleets.delete(f);
      const lanes = node.querySelector(".coaches");
      if (node.open && !lanes.innerHTML) lanes.innerHTML = data.fleets[f].trips.map((row) => coach(data.fleets[f], row)).join("");
    });
}

function openAll(open) {
  openFleets.clear();
  if (open) data.fleets.forEach((_, f) => openFleets.add(f));
  gantt();
}
