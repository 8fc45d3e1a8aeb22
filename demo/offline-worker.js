// The site's service worker. The build writes above it what it keeps: `build`, `files`, by their paths, and those of them that are
// kept `later`, once they were asked for.
/* global build, files, later */

const { scope } = self.registration;

/** Other sites of the origin have caches too, copies of this one among them: a name begins with where the site is. */
const mine = `chainrule ${scope} `;
const own = mine + build;

/** The path of a file within the site, less what a query adds; undefined of what lies elsewhere. */
function pathOf(url) {
  const [address] = url.split(/[?#]/);
  if (!address.startsWith(scope)) return undefined;
  const path = address.slice(scope.length);
  return path === "index.html" ? "" : path;
}

/** A file as this build has it, not as a cache on its way has another build's. The browser refuses any other. */
const request = (path) => new Request(scope + path, { cache: "reload", integrity: files[path] });

/** Where a cache says when its build was kept, so that what served last is known: 1, 2, … Caches are in the order of their making. */
const mark = `${scope}?turn`;

async function turnOf(cacheName) {
  const noted = await caches.match(mark, { cacheName });
  return noted ? Number(await noted.text()) : 0;
}

/** The caches of the site's other builds, the one that was kept last first. */
async function others() {
  const names = (await caches.keys()).filter((name) => name.startsWith(mine) && name !== own);
  const found = await Promise.all(names.reverse().map(async (name) => ({ name, turn: await turnOf(name) })));
  return found.sort((a, b) => b.turn - a.turn);
}

/** All files or none: what does not arrive whole leaves the builds before as they are, this one among them if the site went back to it. */
async function install() {
  const before = await caches.has(own);
  try {
    const cache = await caches.open(own);
    const now = Object.keys(files).filter((path) => !later.includes(path));
    await cache.addAll(now.map(request));
    const [latest] = await others();
    await cache.put(mark, new Response(1 + (latest?.turn ?? 0)));
  } catch (error) {
    if (!before) await caches.delete(own);
    throw error;
  }
  await self.skipWaiting();
}

/** Forgets all builds but the one before, … */
async function forget() {
  const [, ...older] = await others();
  await Promise.all(older.map(({ name }) => caches.delete(name)));
}

/** … whose files have names of their own, for the tabs that it opened. */
async function find(path) {
  const named = (cacheName) => caches.match(scope + path, { cacheName, ignoreVary: true });
  let found = await named(own);
  for (const { name } of found ? [] : await others()) found ??= await named(name);
  return found;
}

async function keep(path, response) {
  const cache = await caches.open(own);
  await cache.put(scope + path, response);
}

// Storage may be full, damaged or withheld at any time. Online, the site is the same without.

async function answer(event, path) {
  const found = await find(path).catch(() => undefined);
  if (found) return found;
  if (!later.includes(path)) return fetch(event.request);
  const response = await fetch(request(path));
  if (response.ok) event.waitUntil(keep(path, response.clone()).catch(() => undefined));
  return response;
}

self.addEventListener("install", (event) => event.waitUntil(install()));

self.addEventListener("activate", (event) => {
  event.waitUntil(
    forget()
      .catch(() => undefined)
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const path = pathOf(event.request.url);
  // What lies elsewhere is not fetched in the site's name: a worker of this kind is under no policy of a page.
  if (event.request.method === "GET" && path !== undefined) event.respondWith(answer(event, path));
});
