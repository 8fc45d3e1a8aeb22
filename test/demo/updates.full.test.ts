import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { button, phone, settled, until, useSite } from "./browser.ts";
import { useBuilds, useHost } from "./host.ts";
import { buildOf, cachesOf, untilKept, untilShown, update } from "./updates.ts";

const TITLE = "Train on your own table";

const site = useSite({ webgpu: false });
const openHost = useHost();
const build = useBuilds();

/** A host with a build of the site at a path. */
async function hostOf(path: string, name: string, keep?: string) {
  const host = await openHost(keep);
  host.publish(path, build(name));
  return { host, address: `${host.address}${path.slice(1)}` };
}

describe("a tab of a build", () => {
  it("opens its other pages after the next one was kept, and offers to reload to the newest after two", async () => {
    const { host, address } = await hostOf("/site/", "one", "no-store");
    const { page } = await site.visit({ at: "data", address });
    await untilKept(page);
    host.publish("/site/", build("two"));
    expect(await update(page)).toBe("activated");
    await page.getByRole("link", { name: "This GPU" }).click();
    await untilShown(page, "This GPU");
    host.publish("/site/", build("three"));
    expect(await update(page)).toBe("activated");
    expect(await cachesOf(page)).toHaveLength(2);
    await page.getByRole("link", { name: "Digits" }).click();
    await page.getByRole("alert").filter({ hasText: "This page did not load" }).waitFor();
    await button(page, "Reload").click();
    await page.getByRole("heading", { level: 1, name: /digit/i }).waitFor();
    expect(await buildOf(page)).toBe("three");
  });

  it("says that it did not load where its own files are gone, and is the newest when reloaded", async () => {
    const { host, address } = await hostOf("/site/", "one", "no-store");
    const before = readFileSync(join(build("one"), "index.html"), "utf8");
    host.publish("/site/", build("two"));
    // On its way the page of the build before is still kept.
    const undo = host.damage("/site/", before);
    const { page } = await site.visit({ at: "data", address, context: { ...phone, serviceWorkers: "block" } });
    const alert = page.getByRole("alert").filter({ hasText: "The site did not load" });
    await alert.waitFor();
    expect(await buildOf(page)).toBe("one");
    undo();
    await button(page, "Reload").click();
    await untilShown(page, TITLE);
    expect(await buildOf(page)).toBe("two");
  });

  it("says that it did not load, and reloads to the newest build, where what was kept has lost a file", async () => {
    const { host, address } = await hostOf("/site/", "one");
    const { page } = await site.visit({ at: "data", address });
    await untilKept(page);
    await page.evaluate(async () => {
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const { url } of await cache.keys()) if (/index-.*\.js$/.test(url)) await cache.delete(url);
      }
    });
    host.publish("/site/", build("two"));
    await page.route(/service-worker/, (route) => route.abort());
    await page.reload();
    await page.getByRole("alert").filter({ hasText: "The site did not load" }).waitFor();
    await page.unroute(/service-worker/);
    await button(page, "Reload").click();
    await untilShown(page, TITLE);
    expect(await buildOf(page)).toBe("two");
  });

  it("is whole where a host sends the page of the build before with the files of the next", async () => {
    const { host, address } = await hostOf("/site/", "one");
    const { page } = await site.visit({ at: "data", address });
    await untilKept(page);
    const before = await page.evaluate(async () => (await fetch("./")).text());
    host.publish("/site/", build("two"));
    host.damage("/site/", before);
    expect(await update(page)).toBe("redundant");
    await page.reload();
    await untilShown(page, TITLE);
    expect([await buildOf(page), (await cachesOf(page)).length]).toEqual(["one", 1]);
  });
});

describe("sites that share an origin", () => {
  it("leave each other's files alone, and take none of them", async () => {
    const { host, address } = await hostOf("/a/", "one");
    const { page, errors } = await site.visit({ at: "data", address });
    await untilKept(page);
    // Another site's, though its name begins alike.
    await page.evaluate(async () => {
      const cache = await caches.open("chainrule-of-another");
      await cache.put("/b/assets/foreign.js", new Response("foreign"));
      await cache.put("/b/", new Response("foreign"));
    });
    host.publish("/b/", build("one"));
    await page.goto(`${host.address}b/#/data`);
    await untilKept(page);
    for (const name of ["two", "three"]) {
      host.publish("/b/", build(name));
      expect(await update(page)).toBe("activated");
    }
    expect(await page.evaluate(async () => (await fetch("assets/foreign.js")).status)).toBe(404);
    const names = await cachesOf(page);
    expect(names.filter((name) => name.includes("/a/"))).toHaveLength(1);
    expect(names.filter((name) => name.includes("/b/"))).toHaveLength(2);
    expect(names).toContain("chainrule-of-another");
    await page.context().setOffline(true);
    await page.goto(`${address}#/data`);
    await untilShown(page, TITLE);
    expect(await buildOf(page)).toBe("one");
    expect(errors.filter((error) => !/404/.test(error))).toEqual([]);
  });
});

describe("storage that", () => {
  /** What one button of the site loads, and is kept then. */
  const askForLater = (name: string) => `fetch(${JSON.stringify(name)}).then(({ status }) => status)`;

  async function visitKept() {
    const { address } = await hostOf("/site/", "one");
    const { page, errors } = await site.visit({ at: "data", address });
    await untilKept(page);
    const [worker] = page.context().serviceWorkers();
    if (!worker) throw new Error("the site has no service worker");
    const later = await worker.evaluate<string>("later[0]");
    return { page, errors, worker, later };
  }

  it("takes forever, or refuses, delays and breaks nothing that is online", async () => {
    const { page, worker, later } = await visitKept();
    await worker.evaluate(() => {
      Cache.prototype.put = () => new Promise(() => {});
    });
    expect(await page.evaluate(askForLater(later))).toBe(200);
    await worker.evaluate(() => {
      Cache.prototype.put = () => Promise.reject(new DOMException("It is full.", "QuotaExceededError"));
    });
    expect(await page.evaluate(askForLater(later))).toBe(200);
  });

  it("gives nothing back leaves the site as it is online", async () => {
    const { page, errors, worker } = await visitKept();
    await worker.evaluate(() => {
      CacheStorage.prototype.match = () => Promise.reject(new DOMException("It is damaged.", "UnknownError"));
    });
    await page.reload();
    await untilShown(page, TITLE);
    expect(errors).toEqual([]);
  });

  it("has no room keeps the site online alone", async () => {
    const { host, address } = await hostOf("/site/", "one");
    const { page, errors } = await site.visit({
      at: "data",
      address,
      async before(page) {
        const session = await page.context().newCDPSession(page);
        await session.send("Storage.overrideQuotaForOrigin", { origin: host.address, quotaSize: 1000 });
      },
    });
    await until(
      () => page.evaluate(async () => !(await navigator.serviceWorker.getRegistration())),
      (none) => none && host.asked.includes("/site/service-worker.js"),
    );
    await page.getByRole("link", { name: "This GPU" }).click();
    await untilShown(page, "This GPU");
    await page.reload();
    await untilShown(page, "This GPU");
    expect(await cachesOf(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("holds what is another's, or damaged, breaks no page", async () => {
    const { page, errors } = await site.goTo("data");
    await settled(page);
    const values = ["100", "{bad", "null", '["#/data","https://example.com/"]', '"x"', "{}", '{"constructor":5}'];
    for (const value of [...values, "every entry"]) {
      await page.evaluate((text) => {
        const { entry } = history.state ?? {};
        const far = JSON.stringify({ [entry]: "https://example.com/", __proto__: 5 });
        for (const key of ["left", "theme", "chainrule.left", "chainrule.theme"]) {
          for (const storage of [localStorage, sessionStorage])
            storage.setItem(key, text === "every entry" ? far : text);
        }
      }, value);
      await page.reload();
      await untilShown(page, TITLE);
    }
    expect(errors).toEqual([]);
  });
});
