// The page of a phone in the field: it works on what it has, and sends when there is a network.

import { h, language, setLanguage, t } from "./base.js";
import { checkin } from "./field-checkin.js";
import { handover } from "./field-handover.js";
import { item, moment, newNonce, Sender, unsent } from "./field-queue.js";
import { reports } from "./field-reports.js";
import { stages } from "./field-stages.js";
import { count, next, present } from "./field-state.js";
import { openStore } from "./field-store.js";

const root = document.getElementById("app");
const LINK = { "X-Field-Link": root.dataset.link, "Accept-Language": language };
const LONGEST_PRESS = 3000; // ms
const LOOK_AGAIN = 20_000; // ms between looks at what others have reported
const TABS = { checkin: ["Check-in", checkin], stages: ["Stages", stages], handover: ["Hand-over", handover], reports: ["Reports", reports] };

/** What the views work with: now is the manifest with this phone's queue laid over it. */
const app = { now: null, items: [], search: "", pickup: "", ended: null, reachable: true, tap, takeBack, tryAgain, render, sheet };
let store, sender, manifest, timer, shown;
let pressed = 0; // until when a finger is taken to be down

async function start() {
  const kept = await openStore(root.dataset.link);
  store = { ...kept, put: async (items) => { await kept.put(items); await look(); } };
  sender = new Sender({ store, post });
  manifest = await store.manifest();
  window.addEventListener("pointerdown", () => press(true), true);
  for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => setTimeout(press, 0, false), true); // after its click
  window.addEventListener("online", pump);
  window.addEventListener("hashchange", render);
  document.addEventListener("visibilitychange", () => document.hidden || pump());
  await look();
  await pump();
  setInterval(() => document.hidden || refresh(), LOOK_AGAIN);
  await keepPage();
}

async function post(reported) {
  const body = JSON.stringify({ events: reported });
  const answer = await fetch("/v1/events", { method: "POST", headers: { ...LINK, "Content-Type": "application/json" }, body });
  const told = await answer.json().catch(() => null);
  return { status: answer.status, items: told?.items, problem: told, retryAfter: Number(answer.headers.get("Retry-After")) || 0 };
}

async function pump() {
  clearTimeout(timer);
  const wait = await sender.run();
  if (wait !== null) {
    clearTimeout(timer);
    timer = setTimeout(pump, wait);
  }
  await refresh();
}

/** What others have reported; names are asked for only where they are not known yet, for that is logged. */
async function refresh() {
  const names = new Map((manifest?.riders ?? []).map((r) => [r.worker_id, r]));
  try {
    let told = await ask(!names.size);
    if (told && told.riders.some((r) => !names.has(r.worker_id)) && names.size) told = await ask(true);
    if (told) {
      for (const r of told.riders) Object.assign(r, { name: r.name ?? names.get(r.worker_id)?.name ?? null, id_number: r.id_number ?? names.get(r.worker_id)?.id_number ?? null });
      manifest = { ...told, ahead: Date.parse(told.now) - Date.now() };
      await store.keep(manifest);
    }
    app.reachable = true;
  } catch {
    app.reachable = false;
  }
  await look();
}

async function ask(names) {
  const answer = await fetch(`/v1/field/manifest?names=${names}`, { headers: LINK });
  if (answer.ok) {
    app.ended = null;
    return answer.json();
  }
  if (answer.status === 401 || answer.status === 404) {
    app.ended = await answer.json();
    if (answer.status === 401 && !unsent(app.items)) await store.forget();
  }
  return null;
}

async function look() {
  app.items = await store.all();
  app.now = manifest && present(manifest, app.items);
  render();
}

/** Queues reports, each { kind, worker_id, place_id, says, details }, all of them or none. */
async function tap(...reported) {
  const at = moment(app.items, Date.now() + manifest.ahead);
  const of = { at, plan_id: manifest.plan_id, trip_id: manifest.trip_id };
  await store.put(reported.map((one) => item({ ...of, ...one }, newNonce())));
  pump();
}

async function takeBack(one, note) {
  const at = moment(app.items, Date.now() + manifest.ahead);
  await store.put([item({ kind: "voided", at, details: { note } }, newNonce(), one.nonce)]);
  pump();
}

async function tryAgain(one) {
  await store.put([{ ...one, state: "waiting", code: null }]);
  pump();
}

/** A sheet over the page; close it by calling what it answers. */
function sheet(title, ...content) {
  const close = () => { dialog.close(); dialog.remove(); };
  const dialog = h("dialog", { "aria-label": title, cancel: close }, h("header", {}, h("strong", {}, title), h("button", { class: "close", "aria-label": t("Close"), click: close }, "✕")), ...content.flat(Infinity));
  document.body.append(dialog);
  dialog.showModal();
  return close;
}

/** Draws the page, where there is something new to see; not under a finger, which would lose its tap. */
function render() {
  const seen = JSON.stringify([{ ...app.now, now: 0, ahead: 0, seq: 0 }, app.items, app.search, app.pickup, app.ended, app.reachable, sender?.problem, location.hash]);
  if (Date.now() < pressed || seen === shown) return;
  shown = seen;
  draw();
}

function press(down) {
  pressed = down ? Date.now() + LONGEST_PRESS : 0;
  if (!down) render();
}

function draw() {
  const { now, items } = app;
  if (!now) return root.replaceChildren(h("main", { class: "alone" }, bar(), ended(), h("p", {}, app.ended ? "" : t("Fetching the manifest …"))));
  const tab = TABS[location.hash.slice(1)] ? location.hash.slice(1) : "checkin";
  const typing = document.activeElement?.id; // what is typed into stays in hand
  const selection = typing && document.activeElement.selectionStart;
  const before = [...root.querySelectorAll("input[id], details[id]")];
  const nav = Object.entries(TABS).map(([name, [label]]) => h("a", { href: `#${name}`, "aria-current": name === tab ? "page" : null }, label === "Reports" && items.some((one) => one.state === "refused") ? `${t(label)} ⚠` : t(label)));
  root.replaceChildren(
    h("header", {}, h("strong", {}, now.trip_id), h("span", {}, `${now.operator} ${now.plate ?? `${now.fleet_id}-${now.vehicle_no}`}`), h("button", { class: "quiet", click: () => setLanguage(language === "zh" ? "en" : "zh") }, language === "zh" ? "English" : "中文")),
    bar(), ended(), nextStep(now),
    h("main", { class: tab }, [TABS[tab][1](app)].flat(Infinity)), h("nav", {}, nav));
  for (const old of before) keepHand(old, document.getElementById(old.id));
  if (typing && document.getElementById(typing)) {
    const field = document.getElementById(typing);
    field.focus();
    if (selection != null && field.type !== "number") field.setSelectionRange(selection, selection);
  }
}

/** What somebody typed, ticked or opened stays so when the page is drawn anew. */
function keepHand(old, fresh) {
  if (!fresh) return;
  if (old.localName === "details") {
    if (old.dataset.open === fresh.dataset.open) fresh.open = old.open;
  } else if (old.type === "checkbox") {
    if (old.checked === old.defaultChecked) return;
    fresh.checked = old.checked;
    fresh.dispatchEvent(new Event("change"));
  } else if (old.value !== old.defaultValue) fresh.value = old.value;
}

function bar() {
  const waiting = unsent(app.items);
  const refused = app.items.filter((one) => one.state === "refused").length;
  return h("a", { class: `bar ${waiting ? "waits" : "sent"}`, href: "#reports", role: "status", id: "unsent" },
    h("b", {}, waiting ? t("{n} unsent", { n: waiting }) : t("All sent")), app.reachable ? "" : h("span", {}, t("No network")),
    refused ? h("span", { class: "bad" }, t("{n} refused", { n: refused })) : "");
}

function ended() {
  const why = app.ended ?? sender.problem;
  return why ? h("p", { class: "problem", role: "alert" }, h("strong", {}, t("This phone can no longer report.")), " ", why.remedy ?? "", " ", t("What is unsent stays here; ask the desk for a new link.")) : "";
}

const STEPS = {
  vehicle: ["stages", "Name the plate and the drivers"], roster: ["stages", "Close the list"], leave: ["stages", "Leave {stop}"], reach: ["stages", "Reach {stop}"],
  halted: ["stages", "Halted: going on, or another vehicle"], board: ["checkin", "Check in {n} at {stop}"], alight: ["handover", "{n} get off at {stop}"],
  explain: ["handover", "Say where {n} are"], count: ["handover", "Count heads at {stop}"], sign: ["handover", "Sign at {stop}"], done: ["reports", "Nothing more to do"],
};

function nextStep(now) {
  const { what, stop } = next(now);
  const [tab, text] = STEPS[what];
  const at = stop && (stop.kind === "drop" ? (r) => r.drop_id === stop.place_id : (r) => r.pickup_id === stop.place_id);
  const n = at ? count(now, what === "alight" ? "aboard" : "expected", at) : 0;
  return h("a", { class: "next", href: `#${tab}` }, h("span", {}, t("Next")), " ", h("b", {}, t(text, { n, stop: stop ? stop.name ?? t(stop.kind) : "" })));
}

/** Lets the page open without a network, where the browser can (https, or this machine). */
async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register("/static/field-worker.js", { scope: "/field/" });
  await navigator.serviceWorker.ready;
  const files = performance.getEntriesByType("resource").map((e) => new URL(e.name)).filter((u) => u.origin === location.origin && u.pathname.startsWith("/static/")).map((u) => u.pathname);
  const cache = await caches.open("guicheng-field-1");
  await cache.addAll([...new Set([location.pathname, ...files, "/static/words-zh.json", "/static/words-en.json"])]);
  root.dataset.kept = "yes";
}

start().catch((error) => {
  // Without IndexedDB nothing can be kept: the plain page reports at once instead.
  if (!store) location.replace(root.dataset.plain);
  else throw error;
});
