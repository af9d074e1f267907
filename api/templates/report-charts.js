"use strict";
// The charts: map, hotels, money, priorities, reasons.

const FONT = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif';

function draw(id, traces, layout = {}, buttons = null) {
  const node = byId(id);
  node.setAttribute("aria-label", node.parentElement.querySelector("figcaption").innerText);
  Plotly.react(node, traces, {
    font: { family: FONT, size: 13, color: "#1b2430" },
    margin: { l: 10, r: 14, t: 10, b: 40 },
    paper_bgcolor: "#fff", plot_bgcolor: "#fff",
    hoverlabel: { align: "left", font: { family: FONT } },
    legend: { orientation: "h", y: -0.12, yanchor: "top", x: 0 },
    ...layout,
  }, { displaylogo: false, responsive: true, displayModeBar: Boolean(buttons), modeBarButtons: [buttons || []] });
}
const bars = { type: "bar", orientation: "h" };
const heightOf = (rows) => 90 + 28 * rows;
// Rows are placed by number and only labelled by name, since two places may bear the same name.
const rowAxis = (names) => ({ automargin: true, autorange: "reversed", tickvals: names.map((_, i) => i),
  ticktext: names.map((name) => esc(short(name))) });
// A long name would push the bars off a phone.
const short = (name) => (innerWidth < 640 && name.length > 14 ? name.slice(0, 13) + "…" : name);

// ---- Figures

function payerBar() {
  const paid = data.payers.map((_, i) => sum(Object.values(data.payments).map((parts) => parts[i])));
  const all = sum(paid) || 1;
  byId("payer-bar").innerHTML =
    `<div class="bar-all" aria-hidden="true">${data.payers.map((payer, i) =>
      `<span style="width:${(100 * paid[i]) / all}%;background:${PAYER_COLOURS[payer]}"></span>`).join("")}</div>` +
    `<ul>${data.payers.map((payer, i) =>
      `<li><span class="swatch" style="background:${PAYER_COLOURS[payer]}"></span>${esc(label(payer))} ` +
      `${yuan(paid[i])} (${percent(paid[i] / all)})</li>`).join("")}</ul>`;
}

// ---- Map

// A kept trip may stop at a place that the scenario has lost, and with it its coordinates.
const known = (place) => place.lat !== null;

function mapDays() {
  const chosen = byId("map-day").value;
  const days = [...new Set(trips.map((trip) => trip.first))].sort();
  byId("map-day").innerHTML = `<option value="">${esc(t("all days"))}</option>` +
    days.map((day) => `<option>${day}</option>`).join("");
  byId("map-day").value = chosen;
}

function tripText(trip) {
  return `<b>${esc(trip.id)}</b> ${esc(label(trip.risk))}<br>${esc(placeName(trip.fleet))} · ${trip.first}` +
    `<br>${esc(route(trip))}<br>` +
    esc(t("{riders} riders, room for {limit}; {km} km; {cost}",
      { riders: trip.riders.length, limit: trip.limit, km: number(trip.km), cost: yuan(trip.cost) }));
}

function map() {
  const day = byId("map-day").value;
  const shown = trips.filter((trip) => !day || trip.first === day);
  const traces = [];
  for (const [risk, style] of Object.entries(RISKS)) {
    const line = { x: [], y: [], text: [] };
    for (const trip of shown.filter((trip) => trip.risk === risk)) {
      const stops = trip.stops.filter((s) => s[0] === "pickup" || s[0] === "drop").map((s) => places[s[1]]).filter(known);
      const text = tripText(trip);
      // Points along each leg, so that the whole line answers to the pointer and not only its ends.
      for (let i = 1; i < stops.length; i++)
        for (let part = i === 1 ? 0 : 1; part <= 8; part++) {
          line.x.push(stops[i - 1].lon + ((stops[i].lon - stops[i - 1].lon) * part) / 8);
          line.y.push(stops[i - 1].lat + ((stops[i].lat - stops[i - 1].lat) * part) / 8);
          line.text.push(text);
        }
      line.x.push(null); line.y.push(null); line.text.push("");
    }
    if (line.x.length)
      traces.push({ ...line, type: "scatter", mode: "lines", name: t("trips, {risk}", { risk: label(risk) }),
        hovertemplate: "%{text}<extra></extra>", opacity: shown.length > 150 ? 0.35 : 0.7,
        line: { color: style.color, dash: style.dash, width: 1.6 } });
  }
  const boarding = new Map();
  for (const trip of shown)
    for (const stop of trip.stops.filter((s) => s[0] === "pickup"))
      boarding.set(stop[1], (boarding.get(stop[1]) || 0) + stop[5]);
  const kinds = [
    ["pickup", (i) => !boarding.has(i), t("pickups not used"), "circle", 4, "#b4bec8"],
    ["fleet", () => true, t("coach depots"), "square", 6, "#52606d"],
    ["pickup", (i) => boarding.has(i), t("pickups, larger where more board"), "circle", 0, "#56b4e9"],
    ["hotel", () => true, t("quarantine hotels"), "diamond", 10, "#009e73"],
    ["enterprise", () => true, t("enterprises"), "triangle-up", 10, "#1b2430"],
  ];
  for (const [kind, wanted, name, symbol, size, color] of kinds) {
    const found = places.map((_, i) => i).filter((i) => places[i].kind === kind && wanted(i));
    if (found.length)
      traces.push({ type: "scatter", mode: "markers", name,
        x: found.map((i) => places[i].lon), y: found.map((i) => places[i].lat),
        text: found.map((i) => `<b>${esc(places[i].name)}</b> ${esc(places[i].id)}` + (boarding.has(i)
          ? "<br>" + esc(t("{n} board here", { n: boarding.get(i) })) : "")),
        hovertemplate: "%{text}<extra>" + esc(name) + "</extra>",
        marker: { symbol, color, line: { color: "#fff", width: 1 },
          size: size || found.map((i) => 5 + Math.min(16, 1.6 * Math.sqrt(boarding.get(i)))) } });
  }
  const lats = places.filter(known).map((p) => p.lat), lons = places.filter(known).map((p) => p.lon);
  const middle = (Math.min(...lats) + Math.max(...lats)) / 2;
  const squeeze = Math.cos((middle * Math.PI) / 180);
  const height = Math.min(760, Math.max(520, innerWidth * 0.62));
  const pixels = Math.min((height - 90) / (Math.max(...lats) - Math.min(...lats) || 1),
    (byId("map-chart").clientWidth - 60) / ((Math.max(...lons) - Math.min(...lons)) * squeeze || 1));
  byId("map-caption").textContent = t("{trips} trips with {riders} riders from {pickups} pickups.",
    { trips: number(shown.length), riders: number(sum(shown.map((trip) => trip.riders.length))), pickups: number(boarding.size) });
  draw("map-chart", traces, {
    height,
    hovermode: "closest",
    legend: { orientation: "h", y: -42 / (height - 50), yanchor: "top", x: 0 },
    annotations: mapLabels(boarding, pixels, squeeze),
    margin: { l: 46, r: 10, t: 10, b: 40 },
    xaxis: { ticksuffix: "°", gridcolor: "#edf0f3", zeroline: false },
    // A degree of longitude is shorter than one of latitude: equal lengths on the ground at the middle.
    yaxis: { ticksuffix: "°", gridcolor: "#edf0f3", zeroline: false,
      scaleanchor: "x", scaleratio: 1 / squeeze },
  }, ["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"]);
}

/** Names of the busiest pickups, none where another name stands already; pixels: on the page for a degree. */
function mapLabels(boarding, pixels, squeeze) {
  const SIZE = 12, most = Math.max(5, Math.min(14, byId("map-chart").clientWidth / 85));
  const wide = (place) => SIZE * (0.5 * place.name.length + 0.5 * (place.name.match(/[^\x00-\xff]/g) || []).length + 1);
  const named = [];
  const order = [...boarding.keys()].filter((i) => known(places[i])).sort((a, b) => boarding.get(b) - boarding.get(a) || a - b);
  for (const i of order) {
    const place = places[i];
    const near = (other) => Math.abs(other.lat - place.lat) * pixels < 2 * SIZE &&
      Math.abs(other.lon - place.lon) * squeeze * pixels < (wide(other) + wide(place)) / 2;
    if (!named.some(near)) named.push(place);
    if (named.length >= most) break;
  }
  return named.map((place) => ({ x: place.lon, y: place.lat, text: esc(place.name), showarrow: false, yshift: 15,
    font: { size: SIZE }, bgcolor: "rgba(255,255,255,.75)" }));
}

// ---- Hotels

function hotels() {
  byId("no-stays").hidden = data.nights.length > 0;
  byId("hotel-charts").hidden = !data.nights.length;
  if (!data.nights.length) return;
  const chosen = byId("hotel-choice").value;
  byId("hotel-choice").innerHTML = `<option value="">${esc(t("all hotels"))}</option>` +
    data.hotels.map((h) => `<option value="${esc(h.id)}">${esc(h.name)}</option>`).join("");
  byId("hotel-choice").value = chosen;
  const some = data.hotels.filter((h) => !chosen || h.id === chosen);
  const total = (key) => data.nights.map((_, n) => sum(some.map((h) => h[key][n])));
  const guests = total("guests");
  const column = { type: "bar", x: data.nights, customdata: guests };
  draw("hotel-chart", [
    { ...column, y: total("singles"), name: t("single rooms in use"), marker: { color: "#009e73" } },
    { ...column, y: total("twins"), name: t("twin rooms in use"), marker: { color: "#56b4e9" },
      hovertemplate: "%{y}<br>" + esc(t("guests in all")) + ": %{customdata}" },
    { type: "scatter", mode: "lines", x: data.nights, y: total("there"), name: t("rooms there are"),
      line: { color: "#1b2430", width: 2, shape: "hvh" } },
  ], {
    barmode: "stack", height: 330, hovermode: "x unified", margin: { l: 46, r: 14, t: 10, b: 40 },
    xaxis: { type: "date", tickformat: "%m-%d" }, yaxis: { rangemode: "tozero", gridcolor: "#edf0f3" },
  });
  const used = (h) => h.singles.map((s, n) => s + h.twins[n]);
  const rows = data.hotels.filter((h) => sum(h.guests));
  draw("hotel-heat", [{
    type: "heatmap", x: data.nights, y: rows.map((_, i) => i),
    z: rows.map((h) => used(h).map((rooms, n) => (h.there[n] ? (100 * rooms) / h.there[n] : null))),
    text: rows.map((h) => used(h).map((rooms, n) => `<b>${esc(h.name)}</b><br>` +
      esc(t("{rooms} of {there} rooms, {guests} guests", { rooms, there: h.there[n], guests: h.guests[n] })))),
    hovertemplate: "%{x|%Y-%m-%d} %{text}<extra></extra>",
    colorscale: "Cividis", reversescale: true, zmin: 0, zmax: 100, xgap: 1, ygap: 1,
    colorbar: { ticksuffix: "%", thickness: 12 },
  }], { height: heightOf(rows.length), xaxis: { type: "date", tickformat: "%m-%d" },
    yaxis: rowAxis(rows.map((h) => h.name)) });
}

// ---- Money

const payerTraces = (rows, names) => data.payers.map((payer, i) => ({
  ...bars, name: label(payer), marker: { color: PAYER_COLOURS[payer] },
  y: rows.map((_, row) => row), x: rows.map((paid) => paid[i] / 100), text: names.map(esc), textposition: "none",
  hovertemplate: "%{text}<br>¥%{x:,.2f}<extra>" + esc(label(payer)) + "</extra>",
}));
const moneyAxis = { tickprefix: "¥", tickformat: ",d", nticks: innerWidth < 640 ? 3 : 9, gridcolor: "#edf0f3" };

function money() {
  const items = Object.keys(data.payments);
  draw("item-chart", payerTraces(items.map((item) => data.payments[item]), items.map(label)), {
    barmode: "stack", height: 230, xaxis: moneyAxis, yaxis: rowAxis(items.map(label)),
    legend: { orientation: "h", y: -0.25, yanchor: "top", x: 0, traceorder: "normal" },
  });
  const all = data.payers.map((_, i) => sum(items.map((item) => data.payments[item][i])));
  const row = (name, paid) => `<tr><th scope="row">${esc(name)}</th>${paid.map((fen) =>
    `<td class="number">${yuan(fen, 2)}</td>`).join("")}<td class="number">${yuan(sum(paid), 2)}</td></tr>`;
  byId("item-table").innerHTML = `<table class="small"><caption>${esc(t("The same in yuan"))}</caption><thead><tr><td></td>${
    [...data.payers.map(label), t("together")].map((head) => `<th scope="col" class="number">${esc(head)}</th>`).join("")
  }</tr></thead><tbody>${items.map((item) => row(label(item), data.payments[item])).join("")}${row(t("together"), all)}</tbody></table>`;
  const top = [...data.enterprises].filter((e) => sum(e.paid)).sort((a, b) => sum(b.paid) - sum(a.paid)).slice(0, 15);
  draw("enterprise-chart", payerTraces(top.map((e) => e.paid), top.map((e) => e.name)), {
    barmode: "stack", height: heightOf(top.length), xaxis: moneyAxis, yaxis: rowAxis(top.map((e) => e.name)),
    showlegend: false,
  });
}

// ---- Priorities

function priorities() {
  const names = data.priorities.map((p) => t("priority {n}", { n: p.priority }));
  const trace = (key, name, color) => ({ ...bars, name, y: names, x: data.priorities.map((p) => p[key]),
    marker: { color }, hovertemplate: "%{y}: %{x}<extra>" + esc(name) + "</extra>" });
  draw("priority-chart", [
    trace("served", t("brought back"), "#0072b2"),
    { ...trace("behind", t("staying behind"), "#c3cbd3"),
      text: data.priorities.map((p) => " " + (innerWidth < 640 ? `${p.restarted} / ${p.restarted + p.stopped}`
        : t("{n} of {all} enterprises restart", { n: p.restarted, all: p.restarted + p.stopped }))),
      textposition: "outside", cliponaxis: false },
  ], {
    barmode: "stack", height: heightOf(data.priorities.length) + 40,
    xaxis: { gridcolor: "#edf0f3", range: [0, 1.45 * Math.max(1, ...data.priorities.map((p) => p.served + p.behind))] },
    yaxis: { automargin: true, autorange: "reversed" },
    legend: { orientation: "h", y: -0.2, yanchor: "top", x: 0, traceorder: "normal" },
  });
}

// ---- Staying behind

const PROVEN = ["zone_not_admitted", "no_pickup_in_reach", "no_vacancy", "too_far", "dates_too_tight", "party_split"];

function behind() {
  byId("nobody-behind").hidden = data.behind.length > 0;
  byId("behind-content").hidden = !data.behind.length;
  if (!data.behind.length) return;
  const reasons = data.reasons.map((r) => r[0]), counts = data.reasons.map((r) => r[1]);
  draw("reason-chart", [{ ...bars, y: reasons.map(label), x: counts, text: counts.map((n) => number(n)),
    textposition: "outside", cliponaxis: false, hovertemplate: "%{y}: %{x}<extra></extra>",
    marker: { color: reasons.map((r) => (PROVEN.includes(r) ? "#8a97a5" : "#0072b2")),
      pattern: { shape: reasons.map((r) => (PROVEN.includes(r) ? "/" : "")) } } }], {
    height: heightOf(reasons.length), xaxis: { gridcolor: "#edf0f3", range: [0, 1.12 * Math.max(...counts)] },
    yaxis: { automargin: true, autorange: "reversed" },
  });
  behindTable.draw();
}
