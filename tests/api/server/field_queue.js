// Run in a browser by test_field_browser.py: what becomes of queues of every kind.
async () => {
  const q = await import("/static/field-queue.js");
  const told = {};
  const at = (items) => items.map((one, i) => ({ ...one, n: i + 1 }));
  const item = (nonce, voids = null) => q.item({ kind: "noted" }, nonce, voids);
  const memory = (items) => { let all = at(items); return { all: async () => all, put: async (done) => { all = all.map((one) => done.find((d) => d.n === one.n) ?? one); } }; };
  const recorded = (reports) => ({ status: 200, items: reports.map((r, i) => ({ nonce: r.nonce, outcome: "recorded", seq: i + 1, flags: [] })) });

  const queue = at([item("a"), item("b", "a"), item("c")]);
  told.waits_for_its_number = q.nextBatch(queue).map((one) => one.nonce);
  queue[0] = { ...queue[0], state: "recorded", seq: 41 };
  told.then_goes = q.nextBatch(queue).map((one) => [one.nonce, one.report.says?.event ?? null]);
  told.most = q.nextBatch(at([item("a"), item("b"), item("c")]), 2).length;
  told.unsent = q.unsent(queue);

  const poison = memory([item("a"), item("bad"), item("c")]);
  const sent = [];
  const sender = new q.Sender({ store: poison, chance: () => 1, post: async (reports) => {
    sent.push(reports.map((r) => r.nonce));
    return reports.some((r) => r.nonce === "bad") ? { status: 422, problem: { code: "invalid", title: "t", remedy: "r" } } : recorded(reports);
  } });
  told.ends = await sender.run();
  told.sent = sent;
  told.states = (await poison.all()).map((one) => [one.nonce, one.state, one.code]);

  const down = memory([item("a")]);
  let answers = [new Error(), { status: 503, retryAfter: 9 }, { status: 200, items: [] }, { status: 401, problem: { code: "not_signed_in" } }];
  const patient = new q.Sender({ store: down, chance: () => 1, post: async (reports) => { const one = answers.shift(); if (one instanceof Error) throw one; return one ?? recorded(reports); } });
  told.pauses = [];
  for (let i = 0; i < 4; i++) told.pauses.push(await patient.run());
  told.locked_out = patient.problem.code;
  told.still_waits = q.unsent(await down.all());
  told.last = [await patient.run(), q.unsent(await down.all()), patient.problem];
  told.longest = q.pause(99, 1);
  told.spread = [q.pause(3, 0), q.pause(3, 1)];

  const busy = memory([item("a")]);
  let inside = 0, most = 0;
  const one = new q.Sender({ store: busy, post: async (reports) => { most = Math.max(most, ++inside); await new Promise((r) => setTimeout(r, 20)); inside--; return recorded(reports); } });
  told.at_once = [await Promise.all([one.run(), one.run(), one.run()]), most];
  told.nonces = new Set(Array.from({ length: 1000 }, q.newNonce)).size;
  const tapped = [{ report: { at: "2020-03-02T08:00:00.500Z" } }, { report: { at: "2020-03-02T08:00:00.200Z" } }];
  const noon = Date.parse("2020-03-02T08:00:00Z");
  told.moments = [[tapped, noon], [tapped, noon + 900], [tapped, noon - 3600_000], [[], noon]].map(([items, now]) => q.moment(items, now).slice(11, 23));
  return told;
}
