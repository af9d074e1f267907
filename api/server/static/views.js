// The views of those who sign in: what each is called, whose it is, and what shows it.
// A menu that would be too long for a line is folded by group.  Each is given who looks ({me, again, ending}) and answers elements; one without roles is everybody's, outside the menu.

import { accounts, audit, keys, mine } from "./accounts.js";
import { card, get, h, link, t, when } from "./base.js";
import { enterprise, health, hotel, kits } from "./desks.js";
import { submit } from "./lists.js";
import { ledger, settlement } from "./money.js";
import { proposals, returnPlans, workers } from "./people.js";
import { cost, jobs, plans, scenarios, served } from "./planning.js";
import { problems } from "./problems.js";
import { records } from "./registry.js";
import { underWay } from "./stages.js";
import { trace } from "./trace.js";
import { costs, stays, trips } from "./travel.js";

const STAFF = ["planner", "administrator", "auditor"];

async function overview() {
  const [open, made, running, done] = await Promise.all([get("/items?open=true&limit=1000"), get("/scenarios?limit=1000"), get("/jobs"), get("/plans?limit=1000")]);
  const many = (page) => `${page.items.length}${page.next ? "+" : ""}`;
  const live = running.items.filter((j) => ["queued", "running"].includes(j.state));
  const published = done.items.find((p) => p.published_at);
  return [h("div", { class: "cards" },
    card(t("To settle"), many(open), link("items", t("Open the list"))),
    card(t("Scenarios"), many(made), made.items[0] ? link("scenarios", `${t("the last one")}: ${when(made.items[0].made_at)}`) : ""),
    card(t("Being planned"), live.length, link("jobs", t("Open the list"))),
    card(t("Published plan"), published ? served(published) : "—", published ? link(`plans/${published.plan_id}`, `${t("Open the plan")} · ${cost(published)}`) : "")),
  made.items.length ? null : h("p", {}, t("Begin with a list of workers, or import a whole scenario."), " ", link("scenarios", t("Import")))];
}

export const VIEWS = [
  { path: "overview", label: "Overview", roles: STAFF, show: overview },
  { path: "hotel", label: "Hotel desk", roles: ["hotel"], show: hotel },
  { path: "health", label: "Health desk", roles: ["health"], show: health },
  { path: "arrivals", label: "Arrivals", roles: ["enterprise"], show: enterprise },
  { path: "items", label: "Problem list", roles: [...STAFF, "enterprise", "health"], show: problems },
  { path: "under-way", label: "Under way", group: "On the road", roles: [...STAFF, "health", "coordinator", "carrier"], show: underWay },
  { path: "kits", label: "Kits", group: "On the road", roles: [...STAFF, "hotel", "carrier"], show: kits },
  { path: "submit", label: "Send a list", group: "People and registry", roles: ["planner", "enterprise"], show: submit },
  { path: "workers", label: "Workers", group: "People and registry", roles: [...STAFF, "enterprise", "health", "origin"], show: workers },
  { path: "return-plans", label: "Return plans", group: "People and registry", roles: [...STAFF, "enterprise"], show: returnPlans },
  { path: "proposals", label: "Proposals", group: "People and registry", roles: [...STAFF, "enterprise"], show: proposals },
  { path: "records", label: "Registry", group: "People and registry", roles: [...STAFF, "enterprise"], show: records },
  { path: "scenarios", label: "Scenarios", group: "Plans and scenarios", roles: STAFF, show: scenarios },
  { path: "jobs", label: "Planning", group: "Plans and scenarios", roles: STAFF, show: jobs },
  { path: "plans", label: "Plans", group: "Plans and scenarios", roles: STAFF, show: plans },
  { path: "trips", label: "Trips", group: "On the road", roles: [...STAFF, "enterprise", "carrier", "coordinator", "hotel", "health", "origin"], show: trips },
  { path: "stays", label: "Stays", group: "On the road", roles: [...STAFF, "enterprise", "coordinator", "hotel", "health", "origin"], show: stays },
  { path: "trace", label: "Tracing", group: "On the road", roles: ["health", "planner"], show: trace },
  { path: "costs", label: "Who pays what", group: "Money", roles: [...STAFF, "enterprise", "hotel", "carrier"], show: costs },
  { path: "settlement", label: "Settlement", group: "Money", roles: [...STAFF, "enterprise", "hotel", "carrier"], show: settlement },
  { path: "ledger", label: "Daily ledger", group: "Money", roles: [...STAFF, "health"], show: ledger },
  { path: "accounts", label: "Accounts", group: "Access", roles: ["administrator", "auditor"], show: accounts },
  { path: "audit", label: "Audit", group: "Access", roles: ["administrator", "auditor"], show: audit },
  { path: "account", label: "My account", show: mine },
  { path: "keys", label: "API keys", show: keys },
];
