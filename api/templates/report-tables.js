"use strict";
// The tables of enterprises, workers who stay behind, and trips.

// ---- Tables: sortable, searched, and drawn fifty rows at a time

/**
 * @param columns  [{head, cell: row => HTML, value: row => what it sorts by, number: true if right-aligned,
 *                 fixed: true if kept on one line, wide, long: true if it holds more text}]
 * @param search   row => lower-case text to search in; without it there is no search field
 * @param detail   row => HTML below an opened row; without it rows do not open
 */
function table(id, { caption, columns, rows, search, searchLabel, detail, mark }) {
  const host = byId(id), opened = new Set(), PAGE = 50;
  let shown = PAGE, sorted = null, down = false, wanted = "";
  const found = () => {
    let list = rows();
    if (wanted) list = list.filter((row) => search(row).includes(wanted));
    if (sorted !== null) {
      const value = columns()[sorted].value;
      list = [...list].sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (down ? -1 : 1));
    }
    return list;
  };
  const width = () => columns().length + (detail ? 1 : 0);
  const line = (row) => {
    const open = opened.has(row);
    const cells = columns().map((c) => `<td class="${["number", "fixed", "wide", "long"].find((kind) => c[kind]) || ""}">${c.cell(row)}</td>`).join("");
    const opener = detail ? `<td><button type="button" class="opener" aria-label="${esc(t("details"))}" aria-expanded="${open}">${open ? "−" : "+"}</button></td>` : "";
    return `<tr class="${open ? "open" : ""}">${opener}${cells}</tr>` +
      (open ? `<tr class="opened"><td colspan="${width()}"><div class="detail">${detail(row, wanted)}</div></td></tr>` : "");
  };
  function body() {
    const list = found(), part = list.slice(0, shown);
    host.querySelector("tbody").innerHTML = part.map(line).join("") ||
      `<tr><td colspan="${width()}">${esc(t("nothing found"))}</td></tr>`;
    let at = 0;
    for (const row of part) {
      const node = host.querySelector("tbody").children[at];
      at += opened.has(row) ? 2 : 1;
      if (detail) node.querySelector(".opener").addEventListener("click", () => { toggle(row); });
    }
    host.querySelector(".more").innerHTML =
      `<span>${esc(t("{shown} of {all} shown", { shown: number(part.length), all: number(list.length) }))}</span>` +
      (part.length < list.length ? `<button type="button">${esc(t("Show more"))}</button>` : "");
    const more = host.querySelector(".more button");
    if (more) more.addEventListener("click", () => { shown += 4 * PAGE; body(); });
    host.querySelectorAll("thead th[data-column]").forEach((th) => th.setAttribute("aria-sort",
      Number(th.dataset.column) !== sorted ? "none" : down ? "descending" : "ascending"));
  }
  function toggle(row) {
    if (opened.has(row)) opened.delete(row); else opened.add(row);
    body();
  }
  return {
    draw() {
      host.innerHTML = (search ? `<p class="controls"><label>${esc(searchLabel())} <input type="search"></label></p>` : "") +
        `<div class="scroll"><table><caption>${esc(caption())}</caption><thead><tr>${detail ? `<td></td>` : ""}${
          columns().map((c, i) => `<th scope="col" data-column="${i}" class="${c.number ? "number" : ""}">` +
            `<button type="button">${esc(c.head)}</button></th>`).join("")}</tr></thead><tbody></tbody></table></div><div class="more"></div>`;
      host.querySelectorAll("thead th[data-column]").forEach((th) => th.firstChild.addEventListener("click", () => {
        const column = Number(th.dataset.column);
        down = sorted === column ? !down : false;
        sorted = column;
        body();
      }));
      const field = host.querySelector("input");
      if (field) {
        field.value = wanted;
        field.addEventListener("input", () => { wanted = field.value.trim().toLowerCase(); shown = PAGE; body(); });
      }
      body();
    },
    /** Open one row alone in the list and bring it into view. */
    show(row, text) {
      wanted = text.toLowerCase();
      opened.add(row);
      this.draw();
      host.scrollIntoView();
    },
  };
}

const enterpriseTable = table("enterprise-table", {
  caption: () => t("Every enterprise: present + brought back against the workforce that it needs"),
  searchLabel: () => t("Search an enterprise"),
  search: (e) => `${e.id} ${e.name} ${e.sector}`.toLowerCase(),
  rows: () => data.enterprises,
  columns: () => [
    { head: t("enterprise"), wide: true, value: (e) => e.name, cell: (e) => `${esc(e.name)} <span class="note">${esc(e.id)}</span>` },
    { head: t("priority"), number: true, value: (e) => e.priority,
      cell: (e) => (e.priority === e.own_priority ? e.priority : `${e.own_priority} → ${e.priority}`) },
    { head: t("needed"), number: true, value: (e) => e.workforce, cell: (e) => number(e.workforce) },
    { head: t("present"), number: true, value: (e) => e.present, cell: (e) => number(e.present) },
    { head: t("wish to return"), number: true, value: (e) => e.waiting, cell: (e) => number(e.waiting) },
    { head: t("brought back"), number: true, value: (e) => e.back, cell: (e) => number(e.back) },
    { head: t("manned"), value: (e) => (e.workforce ? (e.present + e.back) / e.workforce : 1), cell: meter },
    { head: t("state"), value: (e) => e.restart, cell: (e) => tag(e.restart) },
    { head: t("it pays"), number: true, value: (e) => e.paid[0], cell: (e) => yuan(e.paid[0]) },
    { head: t("its budget"), number: true, value: (e) => (e.budget === null ? Infinity : e.budget),
      cell: (e) => (e.budget === null ? "–" : yuan(e.budget)) },
  ],
});

function meter(e) {
  const whole = Math.max(e.workforce, e.present + e.back, 1), part = (n) => (100 * n) / whole;
  const words = t("{there} of {needed} at work, restart line {line}",
    { there: e.present + e.back, needed: e.workforce, line: percent(e.restart_share) });
  return `<div class="meter" role="img" title="${esc(words)}" aria-label="${esc(words)}">` +
    `<span class="present" style="width:${part(e.present)}%"></span><span class="back" style="width:${part(e.back)}%"></span>` +
    `<span class="mark" style="left:calc(${part(e.restart_share * e.workforce)}% - 1px)"></span></div>`;
}

// ---- Staying behind

const placeById = new Map(places.map((place) => [place.id, place]));
const nameById = (id) => (placeById.has(id) ? placeById.get(id).name : t("job seeker"));

const detailOf = (row) => data.details[row[4]][isChinese() ? 0 : 1];

const behindTable = table("behind-table", {
  caption: () => t("Workers who stay behind"),
  searchLabel: () => t("Search a worker, enterprise or reason"),
  search: (row) => [row[0], row[1], nameById(row[2]), label(row[3]), detailOf(row)].join(" ").toLowerCase(),
  rows: () => data.behind,
  columns: () => [
    { head: t("number"), fixed: true, value: (row) => row[0], cell: (row) => esc(row[0]) },
    { head: t("name"), fixed: true, value: (row) => row[1], cell: (row) => esc(row[1]) },
    { head: t("enterprise"), wide: true, value: (row) => nameById(row[2]), cell: (row) => esc(nameById(row[2])) },
    { head: t("reason"), value: (row) => row[3], cell: (row) => esc(label(row[3])) },
    { head: t("what was short"), long: true, value: detailOf, cell: (row) => esc(detailOf(row)) },
  ],
});

// ---- Trips

function timetable(trip) {
  let aboard = 0;
  return `<table><caption>${esc(t("Timetable"))}</caption><thead><tr>${
    [t("stop"), t("place"), t("arrives"), t("leaves"), "km", t("on"), t("off"), t("aboard")].map((head, i) =>
      `<th scope="col" class="${i > 3 ? "number" : ""}">${esc(head)}</th>`).join("")
  }</tr></thead><tbody>${trip.stops.map(([kind, place, arrive, depart, km, on, off]) => {
    aboard += on - off;
    return `<tr><td>${esc(label(kind))}</td><td>${esc(placeName(place))}</td><td class="fixed">${
      kind === "depart" ? "" : clock(arrive)}</td><td class="fixed">${kind === "return" ? "" : clock(depart)}</td>` +
      [number(km, 2), on || "", off || "", aboard || ""].map((cell) => `<td class="number">${cell}</td>`).join("") + "</tr>";
  }).join("")}</tbody></table>`;
}

function manifest(trip, wanted) {
  const stays = trip.riders.some((rider) => people[rider[1]].stay);
  return `<table><caption>${esc(t("Riders"))}</caption><thead><tr>${
    [t("seat"), t("number"), t("name"), t("sex"), t("telephone"), t("party"), t("boards at"), t("alights at"), t("enterprise"),
      ...(stays ? [t("room"), t("nights")] : [])].map((head) => `<th scope="col">${esc(head)}</th>`).join("")
  }</tr></thead><tbody>${trip.riders.map(([seat, p, from, to]) => {
    const who = people[p];
    const sex = { F: t("female"), M: t("male") }[who.sex] || "";
    const cells = [seat, who.id, who.name, sex, who.phone, who.party, placeName(from), placeName(to), placeName(who.enterprise)];
    if (stays) cells.push(...(who.stay ? [who.stay[1], `${shortDay(who.stay[2])} – ${shortDay(who.stay[3])}`] : ["", ""]));
    const found = wanted && `${who.id} ${who.name}`.toLowerCase().includes(wanted);
    return `<tr class="${found ? "found" : ""}">${cells.map((cell) => `<td>${esc(cell)}</td>`).join("")}</tr>`;
  }).join("")}</tbody></table>`;
}

const searched = new Map();
const tripTable = table("trip-table", {
  caption: () => t("Every trip of the plan"),
  searchLabel: () => t("Search a trip, place or rider"),
  search: (trip) => {
    if (!searched.has(trip))
      searched.set(trip, [trip.id, placeName(trip.fleet), places[trip.fleet].id, route(trip), trip.first,
        ...trip.riders.map((rider) => `${people[rider[1]].id} ${people[rider[1]].name}`)].join(" ").toLowerCase());
    return searched.get(trip);
  },
  rows: () => trips,
  detail: (trip, wanted) => `<div class="scroll">${timetable(trip)}</div><div class="scroll">${manifest(trip, wanted)}</div>`,
  columns: () => [
    { head: t("trip"), fixed: true, value: (x) => x.id, cell: (x) => esc(x.id) + (x.kept ? ` <span class="tag running">${esc(t("kept"))}</span>` : "") },
    { head: t("leaves depot"), fixed: true, value: (x) => x.stops[0][3], cell: (x) => clock(x.stops[0][3]) },
    { head: t("days"), number: true, value: (x) => (Date.parse(x.last) - Date.parse(x.first)) / DAY,
      cell: (x) => 1 + (Date.parse(x.last) - Date.parse(x.first)) / DAY },
    { head: t("risk"), fixed: true, value: (x) => x.risk, cell: (x) => tag(x.risk) },
    { head: t("coach"), wide: true, value: (x) => placeName(x.fleet), cell: (x) => `${esc(placeName(x.fleet))} ${esc(places[x.fleet].id)}/${x.vehicle}` },
    { head: t("way"), long: true, value: (x) => route(x), cell: (x) => esc(route(x)) },
    { head: t("drivers"), number: true, value: (x) => x.drivers, cell: (x) => x.drivers },
    { head: t("riders / limit / seats"), number: true, value: (x) => x.riders.length / x.limit,
      cell: (x) => `${x.riders.length} / ${x.limit} / ${x.seats}` },
    { head: "km", number: true, value: (x) => x.km, cell: (x) => number(x.km, 0) },
    { head: t("cost"), number: true, value: (x) => x.cost, cell: (x) => yuan(x.cost) },
    { head: t("each rider"), number: true, value: (x) => x.cost / (x.riders.length || 1), cell: (x) => yuan(x.cost / (x.riders.length || 1)) },
  ],
});
