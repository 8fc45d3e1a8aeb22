import { describe, expect, it } from "vitest";
import { useSite } from "./browser.ts";
import { useBuilds, useHost } from "./host.ts";
import { buildOf, cachesOf, untilKept, untilShown, update } from "./updates.ts";

const TITLE = "Train on your own table";

describe("a site whose host has its files kept by browsers for ten minutes", () => {
  const site = useSite({ webgpu: false });
  const openHost = useHost();
  const build = useBuilds();

  /** A visit of the page for tables, which trains nothing by itself. */
  async function visitOf(...builds: readonly string[]) {
    const host = await openHost();
    const [first = "one", ...others] = builds.map((name) => build(name));
    host.publish("/site/", first);
    const { page, errors } = await site.visit({ at: "data", address: `${host.address}site/` });
    await untilKept(page);
    const publish = (folder: string | undefined) => host.publish("/site/", folder ?? "");
    return { host, page, errors, publish, others };
  }

  it("goes from a build to the next as a whole, past what the browser kept, and each works offline", async () => {
    const { page, errors, publish, others } = await visitOf("one", "two");
    publish(others[0]);
    expect(await update(page)).toBe("activated");
    // The tab is of the build before, and so are its other pages.
    await page.getByRole("link", { name: "This GPU" }).click();
    await untilShown(page, "This GPU");
    await page.getByRole("link", { name: "Your data" }).click();
    await page.context().setOffline(true);
    await page.reload();
    await untilShown(page, TITLE);
    expect(await buildOf(page)).toBe("two");
    expect(errors).toEqual([]);
  });

  it("keeps the whole build before where a file of the next arrives as another, and takes it once it is right", async () => {
    const { host, page, errors, publish, others } = await visitOf("one", "two");
    const kept = await cachesOf(page);
    publish(others[0]);
    const undo = host.damage("/icon.svg", "<svg></svg>");
    expect(await update(page)).toBe("redundant");
    expect(await cachesOf(page)).toEqual(kept);
    await page.context().setOffline(true);
    await page.reload();
    await untilShown(page, TITLE);
    expect(await buildOf(page)).toBe("one");
    await page.context().setOffline(false);
    undo();
    expect(await update(page)).toBe("activated");
    await page.reload();
    expect(await buildOf(page)).toBe("two");
    expect(errors.filter((error) => !/integrity|icon/.test(error))).toEqual([]);
  });
});
