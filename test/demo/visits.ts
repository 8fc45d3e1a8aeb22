import type { Page } from "playwright";
import { expect } from "vitest";
import { type Site, settled, until, watchBuffers } from "./browser.ts";

/** A visit of a page that takes buffers of the GPU. */
export interface Stay {
  readonly at: string;
  /** Where the visitor goes then: to a page that takes none, if it is not that one. */
  readonly next?: string;
  /** Until it has taken what it takes; the first buffer if left out. */
  ready?(page: Page): Promise<void>;
}

/** Asserts that two visits of a page leave no buffer on the GPU. */
export async function expectNothingLeft(site: Site, { at, next = "data", ready }: Stay): Promise<void> {
  const { page, errors } = await site.goTo("data");
  const alive = await watchBuffers(page);
  for (let visit = 0; visit < 2; visit++) {
    await site.goTo(at);
    await ready?.(page);
    const held = await until(alive, (buffers) => buffers.length > 0);
    await site.goTo(next);
    await settled(page);
    const left = await alive();
    expect(next === "data" ? left : left.filter((buffer) => held.includes(buffer))).toEqual([]);
  }
  expect(errors).toEqual([]);
}
