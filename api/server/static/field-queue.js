// What waits on a phone to be sent: in order, each once, nothing dropped.  Pure: storing, sending,
// the time and chance are given, so that the page and the tests run the same lines.
//
// An item: { n, nonce, report, state, tries, seq, code, title, remedy, voids }.  n orders them; the
// state is "waiting", "recorded" or "refused"; voids is the nonce of the item that it takes back.

export const MOST = 50; // reports a request
const LONGEST_PAUSE = 60_000;
const AGAIN = new Set([0, 408, 425, 429, 500, 502, 503, 504]); // the same may be well in a while
const LOCKED_OUT = new Set([401, 403, 404]); // nothing is wrong with the reports: the phone may not send

/** An item that is not stored yet; the store gives it its n. */
export const item = (report, nonce, voids = null) => ({ nonce, report: { ...report, nonce }, state: "waiting", tries: 0, seq: null, code: null, title: null, remedy: null, voids });

const JITTER = 60_000; // ms by which the server's clock, as reckoned here, may seem to step back

/** When a tap happened: never before the one before it, though each look at the server's clock differs a little. */
export function moment(items, now) {
  const last = Math.max(...items.map((one) => Date.parse(one.report.at)).filter((at) => at < now + JITTER), 0);
  return new Date(Math.max(now, last + 1)).toISOString();
}

export const unsent = (items) => items.filter((one) => one.state === "waiting").length;

/** The next items to send together.  One that takes back another waits until that one has its number. */
export function nextBatch(items, most = MOST) {
  const batch = [];
  const known = new Map(items.map((one) => [one.nonce, one]));
  for (const one of items) {
    if (one.state !== "waiting") continue;
    if (batch.length === most) break;
    if (one.voids !== null) {
      const target = known.get(one.voids);
      if (target?.state === "waiting") break;
      batch.push({ ...one, report: { ...one.report, says: { event: target?.seq ?? 0 } } });
    } else batch.push(one);
  }
  return batch;
}

/** The items of a batch after the server has answered; one that it does not tell of goes on waiting. */
export function settled(batch, outcomes) {
  const told = new Map(outcomes.map((one) => [one.nonce, one]));
  return batch.flatMap((one) => {
    const outcome = told.get(one.nonce);
    if (!outcome) return [];
    const { details: _, ...kept } = one.report; // the server has the personal part: the phone needs it no more
    if (outcome.outcome !== "refused") return [{ ...one, report: kept, state: "recorded", seq: outcome.seq, flags: outcome.flags }];
    return [refused(one, outcome)];
  });
}

const refused = (one, why) => ({ ...one, state: "refused", code: why.code ?? "refused", title: why.title ?? "", remedy: why.remedy ?? "" });

/** Milliseconds until the next try: doubling from a second, spread by chance so that phones do not come at once. */
export function pause(failures, chance, retryAfter = 0) {
  const longest = Math.min(LONGEST_PAUSE, 1000 * 2 ** Math.min(failures - 1, 10));
  return Math.max(1000 * retryAfter, longest * (0.5 + chance / 2));
}

/**
 * Sends what waits.  store: all() answers the items by n, put(items) stores changed ones.
 * post(reports) answers { status, items, problem, retryAfter }, or throws where there is no network.
 */
export class Sender {
  constructor({ store, post, chance = Math.random }) {
    Object.assign(this, { store, post, chance, failures: 0, most: MOST, busy: false, again: false, problem: null });
  }

  /** Sends until nothing waits or the network fails; answers milliseconds until the next try, null: nothing waits. */
  async run() {
    if (this.busy) {
      this.again = true; // whoever sends looks once more
      return null;
    }
    this.busy = true;
    try {
      for (;;) {
        this.again = false;
        const batch = nextBatch(await this.store.all(), this.most);
        if (!batch.length) {
          if (this.again) continue;
          return null;
        }
        const wait = await this.send(batch);
        if (wait !== null) return wait;
      }
    } finally {
      this.busy = false;
    }
  }

  /** Null: go on at once. */
  async send(batch) {
    let answer;
    try {
      answer = await this.post(batch.map((one) => one.report));
    } catch {
      answer = { status: 0 };
    }
    const { status } = answer;
    if (status >= 200 && status < 300) {
      const done = settled(batch, answer.items ?? []);
      await this.store.put(done);
      this.problem = null;
      if (!done.length) return this.failed(0); // an answer that tells of nothing is none
      this.failures = 0;
      this.most = MOST;
      return null;
    }
    if (AGAIN.has(status)) return this.failed(answer.retryAfter ?? 0);
    if (LOCKED_OUT.has(status)) {
      this.problem = answer.problem;
      this.failures += 1;
      return LONGEST_PAUSE;
    }
    if (batch.length > 1) {
      this.most = 1; // one of them is bad: find it, so that it does not keep the others back
      return null;
    }
    await this.store.put([refused(batch[0], answer.problem ?? {})]);
    this.most = MOST;
    return null;
  }

  failed(retryAfter) {
    this.failures += 1;
    return pause(this.failures, this.chance(), retryAfter);
  }
}

/** A nonce; crypto.randomUUID is not there over plain HTTP. */
export const newNonce = () => [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
