// At the desk: the links that open a trip on phones, and the code of its paper manifest.

import { ask, button, call, get, h, safely, t, table, when } from "./base.js";

export const MAY_LINK = ["planner", "coordinator", "carrier"];
const SEES_CODE = ["planner", "coordinator"];

/** The part of a trip's page about phones in the field. */
export async function fieldLinks(me, trip) {
  const path = `/trips/${trip.plan_id}/${encodeURIComponent(trip.trip_id)}`;
  const box = h("section", { class: "field-links" });
  const made = h("div", {});
  await load();
  return [h("h2", {}, t("Phones in the field")), SEES_CODE.includes(me.role) ? code() : null, form(), made, box].filter(Boolean);

  async function load() {
    const { items } = await get(`${path}/links`);
    const names = new Map(trip.stops.map((s) => [s.place_id, s.name]));
    const end = (address, label) => button(label, () => ask(t("End it? Its phones can report no longer."), [], label, async () => {
      await call("DELETE", address);
      await load();
    }));
    const phones = (l) => h("div", {}, `${l.bound.length} / ${l.phones}`, l.bound.map((p) => h("div", {}, `${p.device} ${when(p.bound_at)} `, end(`${path}/links/${l.link_id}/phones/${p.device}`, t("End this phone")))));
    box.replaceChildren(table([t("Link"), t("For"), t("Phones bound"), t("Valid until"), ""], items.map((l) => [l.link_id, [t(l.role), names.get(l.place_id) ?? l.place_id].filter(Boolean).join(" · "), phones(l), l.state === "open" ? when(l.closes_at) : t(`link ${l.state}`), l.state === "open" ? end(`${path}/links/${l.link_id}`, t("End this link")) : ""]), t("No link yet.")));
  }

  function form() {
    const drops = trip.stops.filter((s) => s.kind === "drop");
    const role = h("select", {}, h("option", { value: "" }, t("coordinator")), drops.map((s) => h("option", { value: s.place_id }, `${t("Receiver")} · ${s.name ?? s.place_id}`)));
    const phones = h("input", { type: "number", min: 1, max: 20, value: 2 });
    return h("form", { submit: safely(async () => {
      const body = { role: role.value ? "receiver" : "coordinator", place_id: role.value || null, phones: Number(phones.value) };
      show((await call("POST", `${path}/links`, body)).told);
      await load();
    }) }, h("label", {}, t("For"), role), h("label", {}, t("Phones at most"), phones), h("button", { class: "main" }, t("New link")));
  }

  function show(link) {
    made.replaceChildren(h("p", {}, t("Scan it with the phone, or send the address; later it stands on the manifest alone."), " ", h("a", { href: link.qr_png, download: `${link.link_id}.png` }, "PNG")),
      h("img", { src: link.qr_svg, alt: t("QR code of the link"), width: 220, height: 220 }), h("p", {}, h("code", {}, link.url)));
  }

  function code() {
    const shown = h("strong", {}, "····");
    const tell = async (method) => { shown.textContent = (await call(method, `${path}/code`)).told.code; };
    const renew = () => ask(t("Another code? The printed manifest then has a wrong one."), [], t("Another code"), () => tell("POST"));
    return h("p", { class: "acts" }, t("Device code of the paper manifest: "), shown, button(t("Show"), () => tell("GET")), button(t("Another code"), renew));
  }
}
