import type { Page } from "playwright";
import { expect, it } from "vitest";
import { settled, trainAll, until, useSite, watchBuffers } from "./browser.ts";

const site = useSite();

/** A visit of a page that takes buffers of the GPU. */
interface Stay {
  readonly at: string;
  /** Where the visitor goes then: to a page that takes none, if it is not that one. */
  readonly next?: string;
  /** Until it has taken what it takes; the first buffer if left out. */
  ready?(page: Page): Promise<void>;
}

const stays: Readonly<Record<string, Stay>> = {
  Playground: { at: "playground?layers=2", ready: settled },
  "Inside a step": { at: "inside", ready: settled },
  Digits: { at: "digits?layers=8", ready: settled },
  Image: { at: "image?size=64&layers=1&units=32", ready: settled },
  "Your data": { at: "data?sample=houses&epochs=1", next: "inside", ready: trainAll },
  // In the middle of its self-check.
  "This GPU": { at: "gpu" },
};

it.each(Object.entries(stays))("a visit of %s leaves nothing on the GPU", async (_, { at, next = "data", ready }) => {
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
});
