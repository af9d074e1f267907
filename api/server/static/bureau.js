// The page of everybody who signs in: which views it has depends on the role.

import { call, field, get, h, languageButton, Refused, safely, showProblem, t } from "./base.js";
import { VIEWS } from "./views.js";

const LONGEST_MENU = 12; // views that have room in one line
const main = document.getElementById("main");
let me = null;
let end = () => {}; // ends what the view before had going on

async function start() {
  if (!("signedIn" in document.documentElement.dataset)) return signIn();
  try {
    me = await get("/me");
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) return signIn();
    throw error;
  }
  document.getElementById("who").replaceChildren(
    h("a", { href: "#/account", title: t("My account") }, `${me.name} · ${t(me.role)}`),
    languageButton(),
    h("button", { click: safely(async () => { await call("DELETE", "/session"); location.reload(); }) }, t("Sign out")),
  );
  window.addEventListener("hashchange", show);
  window.addEventListener("signed-out", signIn);
  await show();
}

function signIn() {
  end();
  document.getElementById("nav").replaceChildren();
  document.getElementById("who").replaceChildren(languageButton());
  const login = h("input", { name: "login", autocomplete: "username", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  main.replaceChildren(h("section", { class: "sign-in" }, h("h1", {}, t("Sign in")),
    h("form", { submit: safely(async () => {
      await call("POST", "/session", { login: login.value, password: password.value });
      location.reload();
    }) }, field(t("Login"), login), field(t("Password"), password), h("button", { class: "main" }, t("Sign in")))));
  login.focus();
}

/** The views of a role in a line; of many, the groups, and below them the views of the one that is open. */
function menu(mine, view) {
  const line = (entries) => h("div", {}, entries.map(([path, label, here]) => h("a", { href: `#/${path}`, "aria-current": here ? "page" : null }, t(label))));
  const one = (v) => [v.path, v.label, v === view];
  if (mine.length <= LONGEST_MENU) return [line(mine.map(one))];
  const heads = mine.filter((v, i) => !v.group || mine.findIndex((w) => w.group === v.group) === i);
  const beside = mine.filter((v) => view.group && v.group === view.group);
  return [line(heads.map((v) => (v.group ? [v.path, v.group, v.group === view.group] : one(v)))), ...(beside.length ? [line(beside.map(one))] : [])];
}

async function show() {
  end();
  end = () => {};
  document.querySelectorAll(".problem, dialog").forEach((old) => old.remove());
  const mine = VIEWS.filter((view) => !view.roles || view.roles.includes(me.role));
  const [path, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = mine.find((v) => v.path === path) ?? mine[0];
  document.getElementById("nav").replaceChildren(...menu(mine.filter((v) => v.roles), view));
  document.querySelectorAll("#nav [aria-current]").forEach((here) => here.scrollIntoView({ inline: "nearest", block: "nearest" }));
  document.title = `${t(view.label)} – 归程 Guicheng`;
  const body = h("div", {}, h("p", { class: "note", role: "status" }, t("Reading …")));
  main.replaceChildren(h("h1", {}, t(view.label)), body);
  try {
    const parts = await view.show({ me, again: show, ending: (work) => { end = work; } }, ...rest);
    body.replaceChildren(...[parts].flat(2).filter(Boolean));
  } catch (error) {
    body.replaceChildren();
    if (body.isConnected) showProblem(error);
  }
}

start().catch(showProblem);
