// What a phone shows: the server's manifest with what waits on this phone laid over it.  Pure.

export const FEVER = 37.3;
export const WHY = ["no_show", "other_coach", "left_on_way", "other"];

/** The manifest with what it does not know of yet laid over it, by the rules of the log: what waits, and what has just arrived. */
export function present(manifest, items) {
  const now = structuredClone(manifest);
  const riders = new Map(now.riders.map((r) => [r.worker_id, r]));
  const newer = items.filter((one) => one.state === "waiting" || (one.state === "recorded" && one.seq > manifest.seq));
  const taken = new Set(newer.map((one) => one.voids));
  for (const { report, nonce, voids } of newer) {
    if (taken.has(nonce) || voids !== null) continue;
    LAY[report.kind]?.(now, report, riders.get(report.worker_id));
  }
  return now;
}

const stopOf = (now, report) => now.stops.find((s) => s.kind === "drop" && s.place_id === report.place_id);

const LAY = {
  vehicle_named: (now, { says }) => { now.plate = says.plate; },
  vehicle_changed: (now, { says }) => { now.plate = says.plate; now.state = "on_the_way"; },
  roster_closed: (now, { says }) => { now.roster = says.riders; },
  reached: (now, { says }) => { Object.assign(now, { stop: says.stop, left: false }); onTheWay(now); },
  left: (now, { says }) => { Object.assign(now, { stop: says.stop, left: true }); onTheWay(now); },
  delayed: (now, { says }) => { now.delay_minutes = says.minutes; },
  broke_down: (now) => { if (now.state === "on_the_way") now.state = "halted"; },
  road_closed: (now) => LAY.broke_down(now),
  entry_refused: (now) => LAY.broke_down(now),
  went_on: (now) => { if (now.state === "halted") now.state = "on_the_way"; },
  boarded: (now, { says, worker_id }, rider) => {
    if (rider) Object.assign(rider, { state: "aboard", why: null, seat: says?.seat ?? rider.seat });
    else now.besides[worker_id] = says?.seat ?? null;
  },
  seated: (now, { says, worker_id }, rider) => {
    if (rider) rider.seat = says.seat;
    else if (worker_id in now.besides) now.besides[worker_id] = says.seat;
  },
  missing: (now, { says }, rider) => {
    // Whoever was seen aboard is there: a stale "not there" takes nobody off the coach.
    const seen = rider && (rider.state === "aboard" || rider.state === "alighted");
    if (rider && (!seen || says.why === "left_on_way")) Object.assign(rider, { state: "absent", why: says.why });
  },
  alighted: (now, { worker_id }, rider) => {
    if (rider) Object.assign(rider, { state: "alighted", why: null });
    else delete now.besides[worker_id];
  },
  measured: (now, _, rider) => { if (rider) rider.measured = true; },
  counted: (now, report) => { const s = stopOf(now, report); if (s) s.counted = report.says.heads; },
  signed: (now, report) => { const s = stopOf(now, report); if (s) s.signed = [...new Set([...s.signed, report.says.side])].sort(); },
};

function onTheWay(now) {
  const lastDrop = Math.max(...now.stops.filter((s) => s.kind === "drop").map((s) => s.seq));
  const back = now.stops.find((s) => s.kind === "return");
  if (now.state === "ended" || now.state === "handed_over") return;
  now.state = back && now.stop === back.seq && !now.left ? "ended" : now.stop >= lastDrop ? "arrived" : "on_the_way";
}

export const count = (now, state, where = () => true) => now.riders.filter((r) => r.state === state && where(r)).length;

/** An observation seat that nobody sits on; null: all are taken. */
export function freeObservationSeat(now) {
  const taken = new Set([...now.riders.filter((r) => r.state === "aboard").map((r) => r.seat), ...Object.values(now.besides)]);
  return now.observation_seats.find((seat) => !taken.has(seat)) ?? null;
}

/** "36,5" and "３６．５" as 36.5; null: no temperature of a living person. */
export function degrees(text) {
  const plain = text.normalize("NFKC").trim().replace(/[,，。]/, ".");
  if (!/^\d{2}(\.\d+)?$/.test(plain)) return null;
  const value = Number(Number(plain).toFixed(1));
  return value >= 30 && value <= 45 ? value : null;
}

/** Riders whom a search finds: by name, last digits, seat or id. */
export function found(riders, text) {
  const asked = text.normalize("NFKC").trim().toLowerCase();
  if (!asked) return riders;
  const has = (value) => (value ?? "").toLowerCase().includes(asked);
  return riders.filter((r) => has(r.name) || (r.id_number ?? "").toLowerCase().endsWith(asked) || String(r.seat) === asked || r.worker_id.toLowerCase() === asked);
}

/** The rider of whom a scanned code tells: their id alone, or as the last part of an address. */
export function scanned(riders, code) {
  const last = decodeURIComponent(code.trim().split(/[/#?=&]/).filter(Boolean).pop() ?? "");
  return riders.find((r) => r.worker_id === last) ?? null;
}

/** What is to be done next: { what, stop }. */
export function next(now) {
  if (now.role !== "coordinator") {
    const drop = now.stops.find((s) => s.place_id === now.place_id);
    if (!drop) return { what: "done" };
    if (drop.counted === null) return { what: "count", stop: drop };
    return drop.signed.includes("receiver") ? { what: "done" } : { what: "sign", stop: drop };
  }
  const at = now.stops.find((s) => s.seq === now.stop) ?? now.stops[0];
  const after = now.stops.find((s) => s.seq > at.seq);
  if (now.state === "cancelled" || now.state === "ended") return { what: "done" };
  if (now.state === "halted") return { what: "halted" };
  if (!now.stop) {
    if (!now.plate) return { what: "vehicle" };
    if (now.roster === null) return { what: "roster" };
    return { what: "leave", stop: now.stops[0] };
  }
  if (now.left) return after ? { what: "reach", stop: after } : { what: "done" };
  if (at.kind === "pickup" && count(now, "expected", (r) => r.pickup_id === at.place_id)) return { what: "board", stop: at };
  if (at.kind === "drop") {
    if (count(now, "aboard", (r) => r.drop_id === at.place_id)) return { what: "alight", stop: at };
    if (now.riders.some((r) => r.drop_id === at.place_id && r.state === "expected")) return { what: "explain", stop: at };
    if (at.counted === null) return { what: "count", stop: at };
    if (at.signed.length < 2) return { what: "sign", stop: at };
  }
  return after ? { what: "leave", stop: at } : { what: "done" };
}
