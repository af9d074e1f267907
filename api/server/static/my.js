// A worker's own way back, opened by a personal link: /my#KEY.

import { ask, button, call, fen, field, get, h, languageButton, local, safely, showProblem, t, useKey } from "./base.js";

const main = document.getElementById("main");
document.getElementById("who").append(languageButton());
document.title = `${t("Your way back")} – 归程 Guicheng`;
window.addEventListener("hashchange", () => location.reload()); // another link was opened on this page

/** When a coach is not expected at its planned time any more. */
const late = (planned, now) => [t("Expected now"), now && now !== planned ? local(now) : null];

async function start() {
  const key = location.hash.slice(1);
  if (!key) return main.replaceChildren(h("p", { class: "problem", role: "alert" }, t("Open the link that you were sent.")));
  const kept = `opened:${key}`;
  const opened = localStorage.getItem(kept);
  useKey(opened ?? key);
  try {
    const trip = await get("/my/trip");
    show(trip, opened ? await told(trip) : [opening(key, kept)]);
  } catch (error) {
    if (error.problem?.status !== 401) throw error;
    if (opened) {
      localStorage.removeItem(kept);
      return start();
    }
    main.replaceChildren(h("p", { class: "problem", role: "alert" }, t("This link does not work any more. Ask your enterprise or the bureau for a new one.")));
  }
}

/** Who opens the link proves who they are, once; what answers is kept in this browser. */
function opening(key, kept) {
  const digits = h("input", { required: true, maxlength: 4, minlength: 4, pattern: "[0-9]{3}[0-9Xx]", autocomplete: "off" });
  return h("section", {}, h("h2", {}, t("To answer, show that it is you")), h("form", { submit: safely(async () => {
    localStorage.setItem(kept, (await call("POST", "/my/opening", { digits: digits.value })).told.key);
    await start();
  }) }, field(t("Last four of your identity number"), digits), h("button", { class: "main" }, t("Open"))));
}

/** What somebody who has shown who they are is asked. */
async function told({ ride, answer: said }) {
  const proposals = (await get("/proposals")).items;
  return [...proposals.map(offer), ...(ride || said ? [answer(said, Boolean(ride))] : []), health()];
}

function show({ ride, room, pays_yuan: pays, reason }, sections) {
  const place = (p) => p && h("span", {}, p.name ?? p.place_id);
  const facts = [
    [t("Board at"), place(ride?.pickup)], [t("Time"), ride && h("strong", {}, local(ride.boards_at))], late(ride?.boards_at, ride?.boards_expected),
    [t("Coach"), ride && `${ride.operator} · ${ride.vehicle ?? ride.plate}`], [t("Seat"), ride && t("No. {n}", { n: ride.seat })],
    [t("Get off at"), place(ride?.drop)], [t("Arrives"), ride && local(ride.arrives_at)], late(ride?.arrives_at, ride?.arrives_expected),
    [t("hotel"), place(room?.hotel)], [t("Room"), room?.room], [t("Nights"), room && `${room.check_in} – ${room.check_out}`],
    [t("You pay"), ride && fen(pays)],
    [t("State"), ride ? null : reason ? `${t("You have no seat in the plan")}: ${t(reason)}` : t("You have no trip yet.")],
  ].filter(([, value]) => value);
  main.replaceChildren(h("h1", {}, t("Your way back")), h("dl", { class: "mine" }, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])), ...sections);
}

function offer(p) {
  const said = h("p", { role: "status" }, p.state === "open" ? (p.worker === "accepted" ? t("You have accepted; the enterprise has not answered yet.") : "") : t(p.state));
  const say = (to, label, main) => button(label, async () => {
    await call("POST", `/proposals/${p.proposal_id}/${to}`);
    await start();
  }, { class: main ? "main" : null });
  return h("section", {}, h("h2", {}, t("A post is offered to you")), h("p", {}, [p.employer, p.occupation].filter(Boolean).join(" · ")),
    p.state === "open" && p.worker === "waiting" ? h("p", { class: "acts" }, say("accept", t("I want this post"), true), say("decline", t("I do not want it"))) : null, said);
}

function answer(before, rides) {
  const told = { accept: t("You have said that you will come."), withdraw: t("You have said that you cannot come.") };
  const said = h("p", { role: "status" }, told[before]);
  const send = async (choice) => {
    await call("POST", "/my/answer", { answer: choice });
    await start();
  };
  const stay = () => ask(t("Do you really not come? Your seat is given to others."), [], t("I cannot come"), () => send("withdraw"));
  return h("section", {}, h("h2", {}, t("Will you come?")), said,
    rides ? h("p", { class: "acts" }, button(t("I will come"), () => send("accept"), { class: "main" }), button(t("I cannot come"), stay)) : null);
}

function health() {
  const degrees = h("input", { type: "number", step: "0.1", min: 34, max: 43, required: true, inputmode: "decimal" });
  const symptoms = h("input", { maxlength: 100 });
  const said = h("p", { role: "status" });
  return h("section", {}, h("h2", {}, t("Today's health")), h("form", { submit: safely(async () => {
    said.textContent = "";
    const { told } = await call("POST", "/my/health", { temperature: Number(degrees.value), symptoms: symptoms.value.trim() ? [symptoms.value.trim()] : [] });
    said.textContent = told.fever ? t("It is noted. You have a fever: a health officer will call you.") : t("Thank you, it is noted.");
  }) }, field(t("Temperature °C"), degrees), field(t("Symptoms, if any"), symptoms), h("button", { class: "main" }, t("Send"))), said);
}

start().catch(showProblem);
