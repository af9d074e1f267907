// Accounts, their keys, one's own account, and the audit.

import { acts, ask, button, call, choice, field, get, h, list, namesOf, safely, t, table, tell, when } from "./base.js";

const ROLES = ["planner", "administrator", "auditor", "health", "enterprise", "hotel", "carrier", "coordinator", "origin"];
const PASSWORD = { type: "password", required: true, minlength: 12, maxlength: 1000, autocomplete: "new-password" };

/** What an account of a role can be about: an input, or none. */
async function subjectOf(role) {
  const pick = (pairs) => choice({ required: true }, [["", t("choose")], ...pairs]);
  if (role === "enterprise" || role === "hotel") return pick([...(await namesOf(`${role}s`))].map(([key, name]) => [key, `${key} ${name}`]));
  if (role === "carrier") return pick([...new Set((await namesOf("fleets", "operator")).values())].map((name) => [name, name]));
  if (role === "origin") return h("input", { required: true, pattern: "[1-9][0-9]{5}( [1-9][0-9]{5})*", placeholder: "610000", title: t("Codes of counties, prefectures or provinces, six digits each, by blanks") });
  if (role === "coordinator") return h("input", { maxlength: 2000, placeholder: t("PLAN/TRIP by blanks; none: every trip") });
  return null;
}

export async function accounts({ me, again }) {
  const role = choice({}, ROLES.map((r) => [r, t(r)]));
  const name = h("input", { required: true, maxlength: 200 });
  const login = h("input", { required: true, maxlength: 200, autocomplete: "off" });
  const password = h("input", PASSWORD);
  const about = h("span", {});
  let subject = null;
  const offer = safely(async () => {
    const chosen = role.value;
    const offered = await subjectOf(chosen);
    if (chosen !== role.value) return;
    subject = offered;
    about.replaceChildren(...(offered ? [field(t("What it is about"), offered)] : []));
  });
  role.addEventListener("change", () => offer());
  const add = h("form", { submit: safely(async () => {
    await call("POST", "/accounts", { role: role.value, name: name.value.trim(), login: login.value.trim(), subject: subject?.value.trim() || null, password: password.value });
    await again();
  }) }, field(t("Role"), role), about, field(t("Full name"), name), field(t("Login"), login), field(t("Password, 12 characters or more"), password), h("button", { class: "main" }, t("New account")));
  const at = (a) => `/accounts/${encodeURIComponent(a.account_id)}`;
  const disable = (a) => button(t("Disable"), () => ask(t("Disable {name}?", { name: a.name }), [], t("Disable"), async () => { await call("POST", `${at(a)}/disable`); await again(); }));
  const renew = (a) => button(t("New password"), () => ask(`${a.name}: ${t("New password")}`, [{ label: t("Password, 12 characters or more"), ...PASSWORD }], t("Save"), (given) => call("PUT", `${at(a)}/password`, { password: given })));
  const keys = (a) => button(t("API keys"), () => { location.hash = `#/keys/${encodeURIComponent(a.account_id)}`; });
  return [me.role === "administrator" ? add : null, await list("/accounts", [t("Full name"), t("Login"), t("Role"), t("What it is about"), t("Since"), ""], (a) =>
    [a.name, a.login, t(a.role), a.subject, when(a.created_at), a.disabled_at ? t("disabled") : me.role === "administrator" ? acts(a.login ? renew(a) : null, keys(a), disable(a)) : acts(keys(a))])];
}

export async function keys({ me, again }, id = "") {
  const at = `/accounts/${encodeURIComponent(id)}`;
  const [account, found] = await Promise.all([get(at), get(`${at}/keys`)]);
  const name = h("input", { required: true, maxlength: 200 });
  const scope = choice({}, [["read", t("read")], ["read write", t("read and write")]]);
  const until = h("input", { type: "date" });
  const add = h("form", { submit: safely(async () => {
    const expires = until.value ? new Date(`${until.value}T23:59:59`).toISOString() : null;
    const made = (await call("POST", `${at}/keys`, { name: name.value.trim(), scopes: scope.value.split(" "), expires_at: expires })).told;
    await again();
    tell(t("The API key; it is shown this once."), made.key);
  }) }, field(t("Name"), name), field(t("May"), scope), field(t("Works until; blank: always"), until), h("button", { class: "main" }, t("New API key")));
  const revoke = (k) => button(t("Revoke"), () => ask(t("Revoke {name}?", { name: k.name }), [], t("Revoke"), async () => { await call("DELETE", `${at}/keys/${encodeURIComponent(k.key_id)}`); await again(); }));
  const change = me.role === "administrator";
  return [h("h2", {}, `${account.name} · ${t(account.role)}`), change && !account.disabled_at ? add : null,
    table([t("Name"), t("Id"), t("May"), t("Since"), t("Works until; blank: always"), ""], found.map((k) => [k.name, k.key_id, k.scopes.map((s) => t(s)).join(" · "), when(k.created_at), when(k.expires_at), k.revoked_at ? t("revoked") : change ? acts(revoke(k)) : ""]))];
}

export async function mine({ me, again }) {
  const [old, fresh, same] = ["current-password", "new-password", "new-password"].map((autocomplete) => h("input", { ...PASSWORD, minlength: autocomplete === "new-password" ? 12 : null, autocomplete }));
  const agree = () => same.setCustomValidity(same.value === fresh.value ? "" : t("The two differ."));
  [fresh, same].forEach((input) => input.addEventListener("input", agree));
  const sessions = await get("/me/sessions");
  return [h("p", {}, [me.name, t(me.role), me.subject].filter(Boolean).join(" · ")), h("h2", {}, t("Change my password")),
    h("form", { submit: safely(async () => { await call("PUT", "/me/password", { old: old.value, new: fresh.value }); location.reload(); }) },
      field(t("Password until now"), old), field(t("New password, 12 characters or more"), fresh), field(t("The new one again"), same), h("button", { class: "main" }, t("Save"))),
    h("p", { class: "note" }, t("You sign in again afterwards, here and elsewhere.")), h("h2", {}, t("Where I am signed in")),
    table([t("Since"), t("Until"), t("Address"), ""], sessions.map((s) => [when(s.created_at), when(s.expires_at), s.address, s.this_one ? t("this one") : acts(button(t("Sign out"), async () => { await call("DELETE", `/me/sessions/${encodeURIComponent(s.session_id)}`); await again(); }))]))];
}

export const audit = () => list("/audit", [t("When"), t("Who"), t("What"), t("About"), t("Why")], (a) =>
  [when(a.at), a.account_name ?? t(a.account_id ?? ""), t(a.action), a.subject_name ?? a.subject, t(a.reason ?? "")]);
