import type { Page, Worker } from "playwright";

/**
 * Asks another origin in every way that a page has but going there, which no policy of a page forbids: of each way a path tells.
 * @param address of the other origin
 * @returns names of the ways, once each has failed or been answered
 */
export const askFromPage = (page: Page, address: string): Promise<readonly string[]> =>
  page.evaluate(async (other) => {
    type Ask = (url: string, done: (what?: unknown) => void) => unknown;
    /** An element that loads what an attribute names. */
    const element =
      (kind: string, attribute: string, others: Readonly<Record<string, string>> = {}): Ask =>
      (url, done) => {
        const made = document.createElement(kind);
        made.onload = made.onerror = done;
        for (const [name, value] of Object.entries(others)) made.setAttribute(name, value);
        made.setAttribute(attribute, url);
        document.body.append(made);
      };
    const link = (rel: string, as?: string) => element("link", "href", as ? { rel, as } : { rel });
    const ways: Readonly<Record<string, Ask>> = {
      fetch: (url, done) => fetch(url).then(done, done),
      "fetch-opaque": (url, done) => fetch(url, { mode: "no-cors", keepalive: true }).then(done, done),
      "fetch-post": (url, done) => fetch(url, { method: "POST", mode: "no-cors", body: "rows" }).then(done, done),
      xhr(url, done) {
        const request = new XMLHttpRequest();
        request.onloadend = done;
        request.open("GET", url);
        request.send();
      },
      beacon: (url, done) => done(void navigator.sendBeacon(url, "rows")),
      socket(url, done) {
        const socket = new WebSocket(url.replace("http", "ws"));
        socket.onerror = socket.onclose = done;
      },
      events(url, done) {
        const events = new EventSource(url);
        events.onerror = () => done(events.close());
      },
      image: element("img", "src"),
      "image-set": element("img", "srcset"),
      "image-style"(url, done) {
        const made = document.createElement("p");
        made.style.backgroundImage = `url(${url})`;
        document.body.append(made);
        // Styles are told of no end.
        requestAnimationFrame(() => requestAnimationFrame(() => done()));
      },
      script: element("script", "src"),
      module: element("script", "src", { type: "module" }),
      stylesheet: link("stylesheet"),
      preload: link("preload", "image"),
      modulepreload: link("modulepreload"),
      prefetch: link("prefetch"),
      font: (url, done) => new FontFace("other", `url(${url})`).load().then(done, done),
      frame: element("iframe", "src"),
      object: element("object", "data"),
      embed: element("embed", "src"),
      video: (url, done) => {
        const video = document.createElement("video");
        video.onerror = done;
        video.src = url;
      },
      form(url, done) {
        const frame = document.createElement("iframe");
        frame.name = "answers";
        document.body.append(frame);
        frame.onload = done;
        const form = document.createElement("form");
        form.action = url;
        form.target = frame.name;
        document.body.append(form);
        form.submit();
      },
      ping(url, done) {
        const made = document.createElement("a");
        made.href = location.href;
        made.ping = url;
        document.body.append(made);
        made.click();
        done();
      },
      "blob-worker"(url, done) {
        const source = `fetch(${JSON.stringify(url)}).catch(() => {}).then(() => postMessage(""));`;
        const worker = new Worker(URL.createObjectURL(new Blob([source])));
        worker.onmessage = worker.onerror = done;
      },
      cache: (url, done) =>
        caches
          .open("leaks")
          .then((cache) => cache.add(url))
          .then(done, done)
          .finally(() => caches.delete("leaks")),
    };
    const ask = ([name, way]: [string, Ask]) =>
      new Promise<void>((resolve) => {
        // What a policy stops may tell nobody else.
        document.addEventListener("securitypolicyviolation", ({ blockedURI }) => {
          if (blockedURI.endsWith(`/${name}`)) resolve();
        });
        try {
          way(`${other}${name}`, () => resolve());
        } catch {
          resolve();
        }
      });
    await Promise.all(Object.entries(ways).map(ask));
    return Object.keys(ways);
  }, address);

/** The same by `import()`, as text: in a function it would become another's. */
export async function importFrom(
  realm: { evaluate(text: string): Promise<unknown> },
  name: string,
  address: string,
): Promise<readonly string[]> {
  await realm.evaluate(`import(${JSON.stringify(address + name)}).catch(() => {})`);
  return [name];
}

/** Asks another origin in every way that a worker has. @returns names of the ways, once each has failed or been answered */
export const askFromWorker = (worker: Worker, address: string): Promise<readonly string[]> =>
  worker.evaluate(async (other) => {
    const ended = (start: (url: string, done: (what?: unknown) => void) => unknown) => (url: string) =>
      new Promise<unknown>((resolve) => {
        try {
          start(url, resolve);
        } catch (error) {
          resolve(error);
        }
      });
    const ways: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
      "worker-fetch": (url) => fetch(url),
      "worker-opaque": (url) => fetch(url, { mode: "no-cors" }),
      "worker-xhr": ended((url, done) => {
        const request = new XMLHttpRequest();
        request.onloadend = done;
        request.open("GET", url);
        request.send();
      }),
      "worker-socket": ended((url, done) => {
        const socket = new WebSocket(url.replace("http", "ws"));
        socket.onerror = socket.onclose = done;
      }),
      "worker-events": ended((url, done) => {
        const events = new EventSource(url);
        events.onerror = () => done(events.close());
      }),
    };
    await Promise.allSettled(Object.entries(ways).map(([name, ask]) => ask(`${other}${name}`)));
    return Object.keys(ways);
  }, address);
