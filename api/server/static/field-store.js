// What a phone keeps, in IndexedDB: the queue and the last manifest of each of its links.

const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
const kept = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onerror = transaction.onabort = () => reject(transaction.error);
});

/** Throws where a browser has no IndexedDB, or keeps it shut. */
export async function openStore(link) {
  const opening = indexedDB.open("guicheng-field", 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore("queue", { keyPath: "n", autoIncrement: true }).createIndex("link", "link");
    opening.result.createObjectStore("manifest", { keyPath: "link" });
  };
  const db = await asked(opening);
  const mine = IDBKeyRange.only(link);
  const write = (name) => {
    const transaction = db.transaction(name, "readwrite", { durability: "strict" });
    return [transaction.objectStore(name), kept(transaction)];
  };
  return {
    all: () => asked(db.transaction("queue").objectStore("queue").index("link").getAll(mine)),
    /** Items without n are added behind all others. */
    async put(items) {
      const [queue, done] = write("queue");
      for (const one of items) queue.put({ ...one, link });
      await done;
    },
    manifest: async () => (await asked(db.transaction("manifest").objectStore("manifest").get(link)))?.manifest ?? null,
    async keep(manifest) {
      const [table, done] = write("manifest");
      table.put({ link, manifest });
      await done;
    },
    /** Once the link has ended: names and what was sent go; what was not sent stays in sight. */
    async forget() {
      const sent = (await this.all()).filter((one) => one.state === "recorded");
      const transaction = db.transaction(["queue", "manifest"], "readwrite");
      for (const one of sent) transaction.objectStore("queue").delete(one.n);
      transaction.objectStore("manifest").delete(link);
      await kept(transaction);
    },
  };
}
