// The page of everybody who signs in: which views it has depends on the role.

import { call, get, h, language, Refused, safely, setLanguage, showProblem, t } from "./base.js";
import { VIEWS } from "./views.js";

const main = document.getElementById("main");
let me = null;
let end = () => {}; // ends what the view before had going on

async function start() {
  try {
    me = await get("/me");
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) return signIn();
    throw error;
  }
  document.getElementById("who").replaceChildren(
    h("span", {}, `${me.name} · ${t(me.role)}`),
    languageButton(),
    h("button", { click: safely(async () => { await call("DELETE", "/session"); location.reload(); }) }, t("Sign out")),
  );
  window.addEventListener("hashchange", show);
  await show();
}

function languageButton() {
  return h("button", { click: () => setLanguage(language === "zh" ? "en" : "zh") }, language === "zh" ? "English" : "中文");
}

function signIn() {
  document.getElementById("who").replaceChildren(languageButton());
  const login = h("input", { name: "login", autocomplete: "username", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  main.replaceChildren(h("section", { class: "sign-in" }, h("h1", {}, t("Sign in")),
    h("form", { submit: safely(async () => {
      await call("POST", "/session", { login: login.value, password: password.value });
      location.reload();
    }) }, h("label", {}, t("Login"), login), h("label", {}, t("Password"), password), h("button", { class: "main" }, t("Sign in")))));
  login.focus();
}

async function show() {
  end();
  end = () => {};
  document.querySelector(".problem")?.remove();
  const mine = VIEWS.filter((view) => view.roles.includes(me.role));
  const [path, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const view = mine.find((v) => v.path === path) ?? mine[0];
  document.getElementById("nav").replaceChildren(...mine.map((v) => h("a", { href: `#/${v.path}`, "aria-current": v === view ? "page" : null }, t(v.label))));
  const body = h("div", {});
  main.replaceChildren(h("h1", {}, t(view.label)), body);
  try {
    const parts = await view.show({ me, again: show, ending: (work) => { end = work; } }, ...rest);
    body.replaceChildren(...[parts].flat().filter(Boolean));
  } catch (error) {
    showProblem(error);
  }
}

start().catch(showProblem);
