// Keeps the field page and what it is made of, so that it opens where there is no network.

const KEPT = "guicheng-field-1";
const PATIENCE = 4000; // ms before a page of which there is a copy is no longer waited for

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  const page = /^\/field\/[^/]+$/.test(pathname);
  if (page || pathname.startsWith("/static/")) event.respondWith(newest(event.request, page));
});

async function newest(request, page) {
  const cache = await caches.open(KEPT);
  const copy = await cache.match(request, { ignoreVary: true });
  const fresh = fetch(request).then(async (answer) => {
    if (answer.ok && (!page || answer.headers.has("X-Keep"))) await cache.put(request, answer.clone());
    else if (page && answer.status === 404) await cache.delete(request, { ignoreVary: true }); // the link has ended
    return answer;
  });
  if (!copy) return fresh;
  const late = new Promise((resolve) => setTimeout(() => resolve(copy), PATIENCE));
  return Promise.race([fresh.catch(() => copy), late]);
}
