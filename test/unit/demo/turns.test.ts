import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { takeTurns } from "../../../demo/src/worker/turns.ts";

/** Frees what nothing holds. */
const collect = (): void => {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
};

it("takes works one after the other, also after one that fails", async () => {
  const [turn, told] = [takeTurns(), [] as string[]];
  const work = (name: string) => async () => {
    told.push(`${name} begins`);
    await null;
    told.push(`${name} ends`);
    if (name === "b") throw new Error(name);
    return name;
  };
  const results = await Promise.allSettled(["a", "b", "c"].map((name) => turn(work(name))));
  expect(told).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

it("holds neither a result nor an error after its turn", async () => {
  const turn = takeTurns();
  const held = async (work: () => object): Promise<WeakRef<object>> => {
    const value = await turn(async () => work()).catch((error: object) => error);
    return new WeakRef(value);
  };
  const fail = () => {
    throw new Error("it failed");
  };
  for (const work of [() => new Uint8Array(1 << 20), fail]) {
    const found = await held(work);
    // What a job of the event loop has looked at is held until it ends.
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    expect(found.deref() === undefined).toBe(true);
  }
  // It is the queue that is still in use.
  expect(await turn(async () => 1)).toBe(1);
});
