// A worker's own way back, opened by a personal link: /my#KEY.

import { call, get, h, language, safely, setLanguage, showProblem, t, useKey, when, yuan } from "./base.js";

const main = document.getElementById("main");
document.getElementById("who").append(h("button", { click: () => setLanguage(language === "zh" ? "en" : "zh") }, language === "zh" ? "English" : "中文"));

/** When a coach is not expected at its planned time any more. */
const late = (planned, now) => [t("Expected now"), now && now !== planned ? when(now) : null];

async function start() {
  const key = location.hash.slice(1);
  if (!key) return showProblem(new Error(t("Open the link that you were sent.")));
  const kept = `opened:${key}`;
  useKey(localStorage.getItem(kept) ?? key);
  const opened = localStorage.getItem(kept) !== null;
  const trip = await get("/my/trip");
  const { ride, room } = trip;
  const place = (p) => p && `${p.name ?? p.place_id}`;
  const facts = [
    [t("Board at"), place(ride?.pickup)], [t("Time"), when(ride?.boards_at)], late(ride?.boards_at, ride?.boards_expected), [t("Coach"), ride && `${ride.operator} ${ride.vehicle ?? ride.plate}`], [t("Seat"), ride?.seat],
    [t("Get off at"), place(ride?.drop)], [t("Arrives"), when(ride?.arrives_at)], late(ride?.arrives_at, ride?.arrives_expected), [t("hotel"), room && `${place(room.hotel)} ${room.room} · ${room.check_in} – ${room.check_out}`], [t("You pay"), ride && yuan(trip.pays_yuan)],
    [t("State"), ride ? null : trip.reason ? t(trip.reason) : t("You have no trip yet.")],
  ].filter(([, value]) => value != null && value !== "" && value !== undefined);
  main.replaceChildren(h("h1", {}, t("Your way back")), h("dl", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])), ...(opened ? [ride ? answer() : "", await offers(), health()] : [opening(key, kept)]));
}

/** Who opens the link proves who they are, once; what answers is kept in this browser. */
function opening(key, kept) {
  const digits = h("input", { required: true, maxlength: 4, minlength: 4, pattern: "[0-9]{3}[0-9Xx]", autocomplete: "off" });
  return h("section", {}, h("h2", {}, t("To answer, show that it is you")), h("form", { submit: safely(async () => {
    const { told } = await call("POST", "/my/opening", { digits: digits.value });
    localStorage.setItem(kept, told.key);
    await start();
  }) }, h("label", {}, t("Last four of your identity number"), digits), h("button", { class: "main" }, t("Open"))));
}

/** Posts that are offered to a job seeker: each is accepted or declined by itself. */
async function offers() {
  const open = (await get("/proposals")).items.filter((p) => p.state === "open" && p.worker === "waiting");
  if (!open.length) return "";
  const send = (p, choice) => safely(async () => { await call("POST", `/proposals/${encodeURIComponent(p.proposal_id)}/${choice}`); await start(); });
  return h("section", {}, h("h2", {}, t("Posts offered to you")), open.map((p) => h("p", {}, `${p.employer ?? ""} · ${p.occupation ?? ""} `, h("button", { class: "main", click: send(p, "accept") }, t("Accept")), " ", h("button", { click: send(p, "decline") }, t("Decline")))));
}

function answer() {
  const said = h("p", { role: "status" });
  const send = (choice) => safely(async () => { await call("POST", "/my/answer", { answer: choice }); said.textContent = t("Thank you, it is noted."); });
  return h("section", {}, h("h2", {}, t("Will you come?")), h("button", { class: "main", click: send("accept") }, t("I will come")), " ", h("button", { click: send("withdraw") }, t("I cannot come")), said);
}

function health() {
  const degrees = h("input", { type: "number", step: "0.1", min: 34, max: 43, required: true });
  const symptoms = h("input", { maxlength: 500 });
  const said = h("p", { role: "status" });
  return h("section", {}, h("h2", {}, t("Today's health")), h("form", { submit: safely(async () => {
    await call("POST", "/my/health", { temperature: Number(degrees.value), symptoms: symptoms.value.trim() ? [symptoms.value.trim()] : [] });
    said.textContent = t("Thank you, it is noted.");
  }) }, h("label", {}, t("Temperature °C"), degrees), h("label", {}, t("Symptoms, if any"), symptoms), h("button", { class: "main" }, t("Send"))), said);
}

start().catch(showProblem);
