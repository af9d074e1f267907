"use strict";
// What the scripts of the page share: the data that api/report_data.py wrote, words, numbers.
// Money is fen; a place or a person is an index.

const data = JSON.parse(document.getElementById("data").textContent);
const chinese = JSON.parse(document.getElementById("chinese").textContent);
const { places, people, trips } = data;
const page = document.documentElement;
const byId = (id) => document.getElementById(id);
// Okabe and Ito's colours, which colour-blind readers tell apart; risk also has its own dash.
const RISKS = {
  low: { color: "#0072b2", dash: "solid" },
  medium: { color: "#e69f00", dash: "dash" },
  high: { color: "#d55e00", dash: "dot" },
};
const PAYER_COLOURS = { enterprise: "#0072b2", government: "#cc79a7", worker: "#e69f00", hotel: "#009e73" };

const isChinese = () => page.lang === "zh";
/** A text in the language of the page; English is the key of the catalogue. */
function t(message, values = {}) {
  const text = isChinese() ? chinese[message] || message : message;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
const label = (key) => t(data.labels[key]);

const number = (value, digits = 0) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const yuan = (fen, digits = 0) => "¥" + number(fen / 100, digits);
const percent = (share) => number(100 * share, 1) + "%";
const sum = (values) => values.reduce((a, b) => a + b, 0);
const esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const clock = (minute) => minute.slice(5).replace("T", " ");
const shortDay = (day) => day.slice(5);
const placeName = (i) => (i === null ? "" : places[i].name || places[i].id);
const route = (trip) =>
  trip.stops.filter((s) => s[0] === "pickup" || s[0] === "drop").map((s) => placeName(s[1])).join(" → ");
const tag = (key) => `<span class="tag ${key}">${esc(label(key))}</span>`;
