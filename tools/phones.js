// Simulated phones over the page's own queue: an hour of taps, a network that comes and goes, requests
// and answers that are lost or come twice.  Time is simulated, requests are real, one after another.
// Run by phones.py inside a browser's page of the server.
async ({ phones, seed, minutes, at }) => {
  const { item, Sender, unsent } = await import("/static/field-queue.js");
  const HOUR = minutes * 60_000;
  let state = seed >>> 0;
  const chance = () => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low, high) => low + chance() * (high - low);
  const told = { requests: 0, unreached: 0, answers_lost: 0, doubled: 0, batches: 0, taps: 0, nonces: {}, left: 0 };
  const agenda = []; // [time, order, work]
  let order = 0, now = 0;
  const later = (wait, work) => agenda.push([now + wait, order++, work]);

  const made = phones.map((one, number) => {
    const items = [];
    const store = { all: async () => items, put: async (done) => { for (const d of done) items[d.n - 1] = d; } };
    const phone = { ...one, items, up: true, due: null, doubles: [] };
    const ask = async (reported) => {
      told.requests += 1;
      const answer = await fetch("/v1/events", { method: "POST", credentials: "omit", headers: { Authorization: `Bearer ${one.key}`, "Content-Type": "application/json" }, body: JSON.stringify({ events: reported }) });
      const body = await answer.json();
      return { status: answer.status, items: body.items, problem: body };
    };
    const post = async (reported) => {
      told.batches += 1;
      if (!phone.up || chance() < 0.05) { told.unreached += 1; throw new Error("no network"); }
      const answer = await ask(reported);
      if (chance() < 0.05) { told.doubled += 1; await ask(reported); } // the network sends it twice
      if (chance() < 0.1) { told.answers_lost += 1; throw new Error("the answer is lost"); }
      return answer;
    };
    const sender = new Sender({ store, post, chance });
    phone.pump = async () => {
      phone.due = null;
      const wait = await sender.run();
      if (wait !== null) phone.plan(wait);
    };
    phone.plan = (wait) => { // one timer at a time, as the page has
      const mine = (phone.due = {});
      later(wait, async () => { if (phone.due === mine) await phone.pump(); });
    };
    one.reports.forEach((report, i) => later(between(0, HOUR), async () => {
      const nonce = `sim-${seed}-${number}-${i}`;
      told.taps += 1;
      items.push({ ...item({ ...report, at: new Date(at + now).toISOString() }, nonce), n: items.length + 1 });
      (told.nonces[one.device] ??= []).push(nonce);
      phone.plan(0);
    }));
    const turn = () => {
      phone.up = !phone.up;
      if (phone.up) phone.plan(0); // as "online" does
      if (now < HOUR) later(phone.up ? between(10_000, 240_000) : between(10_000, 600_000), turn);
      else if (!phone.up) later(between(0, 60_000), turn);
    };
    later(between(0, 120_000), turn);
    return phone;
  });

  while (agenda.length) {
    let first = 0;
    for (let i = 1; i < agenda.length; i++) if (agenda[i][0] < agenda[first][0] || (agenda[i][0] === agenda[first][0] && agenda[i][1] < agenda[first][1])) first = i;
    const [time, , work] = agenda.splice(first, 1)[0];
    now = time;
    await work();
  }
  for (const phone of made) told.left += unsent(phone.items);
  told.refused = made.flatMap((phone) => phone.items.filter((one) => one.state === "refused").map((one) => one.code));
  told.minutes = Math.round(now / 60_000);
  return told;
}
