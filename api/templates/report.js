"use strict";
// Draws the page, and again whenever the reader changes the language.

function everything() {
  document.querySelectorAll("[data-language]").forEach((button) =>
    button.setAttribute("aria-pressed", button.dataset.language === page.lang));
  for (const part of [payerBar, mapDays, map, gantt, hotels, money, priorities, () => enterpriseTable.draw(), behind,
    () => tripTable.draw()]) part();
}

// A browser may refuse storage to a page that is a file; then the choice lasts as long as the page.
const remembered = { get() { try { return localStorage.getItem("guicheng-language"); } catch { return null; } },
  set(value) { try { localStorage.setItem("guicheng-language", value); } catch { /* not remembered */ } } };
document.querySelectorAll("[data-language]").forEach((button) => button.addEventListener("click", () => {
  page.lang = button.dataset.language;
  remembered.set(page.lang);
  everything();
}));
if (["zh", "en"].includes(remembered.get())) page.lang = remembered.get();
byId("map-day").addEventListener("change", map);
byId("hotel-choice").addEventListener("change", hotels);
byId("open-fleets").addEventListener("click", () => openAll(true));
byId("close-fleets").addEventListener("click", () => openAll(false));
byId("gantt").addEventListener("click", (event) => {
  const bar = event.target.closest("[data-trip]");
  if (bar) tripTable.show(trips[bar.dataset.trip], trips[bar.dataset.trip].id);
});
const printed = () => document.querySelectorAll(".js-plotly-plot").forEach((node) => Plotly.Plots.resize(node));
addEventListener("beforeprint", printed);
addEventListener("afterprint", printed);
if (data.fleets.reduce((n, fleet) => n + fleet.trips.length, 0) <= 80) data.fleets.forEach((_, f) => openFleets.add(f));
everything();
