// A worker's own way back, opened by a personal link: /my#KEY.

import { call, get, h, language, safely, setLanguage, showProblem, t, useKey, when, yuan } from "./base.js";

const main = document.getElementById("main");
document.getElementById("who").append(h("button", { click: () => setLanguage(language === "zh" ? "en" : "zh") }, language === "zh" ? "English" : "中文"));

async function start() {
  const key = location.hash.slice(1);
  if (!key) return showProblem(new Error(t("Open the link that you were sent.")));
  useKey(key);
  const trip = await get("/my/trip");
  const facts = [
    [t("Board at"), trip.pickup], [t("Time"), when(trip.boards_at)], [t("Coach"), trip.plate ?? trip.vehicle], [t("Seat"), trip.seat],
    [t("Get off at"), trip.drop], [t("Arrives"), when(trip.arrives_at)], [t("Room"), trip.room], [t("You pay"), yuan(trip.pays_yuan)],
  ].filter(([, value]) => value != null && value !== "");
  main.replaceChildren(h("h1", {}, t("Your way back")), h("dl", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])), answer(), health());
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
    await call("POST", "/my/health", { temperature: Number(degrees.value), symptoms: symptoms.value });
    said.textContent = t("Thank you, it is noted.");
  }) }, h("label", {}, t("Temperature °C"), degrees), h("label", {}, t("Symptoms, if any"), symptoms), h("button", { class: "main" }, t("Send"))), said);
}

start().catch(showProblem);
