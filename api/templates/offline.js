/* Keeps the citizen's page for times without network: what is fresh when the line works, what was kept when it
   does not. Holds files and words of the page only, never a conversation. */
const KEPT = "hotline-page";
const FILES = {{ files|tojson }};
// A line this slow gets the kept page.
const PATIENCE_MS = 10000;
const page = new URL("./", location.href);

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => kept.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const asked = new URL(url);
  const ours = asked.pathname === page.pathname || asked.href.startsWith(`${page.href}static/`);
  if (method === "GET" && asked.origin === page.origin && ours) event.respondWith(freshOrKept(event.request));
});

async function freshOrKept(request) {
  const kept = await caches.open(KEPT);
  const old = (await kept.match(request)) || (await kept.match(request, { ignoreSearch: true }));
  const fresh = fetch(request).then((response) => {
    if (response.ok) kept.put(request, response.clone());
    return response.status >= 500 && old ? old : response;
  });
  if (!old) return fresh;
  const late = new Promise((done) => setTimeout(() => done(old), PATIENCE_MS));
  return Promise.race([fresh.catch(() => old), late]);
}
