import { expect, it } from "vitest";
import type { TableContract } from "../../../demo/src/pages/data/contract.ts";
import { initialOptions } from "../../../demo/src/pages/data/options.ts";
import { startReader } from "../../../demo/src/pages/data/reader.ts";
import { turns } from "../../helpers/turns.ts";

const source = { name: "t.csv", content: "a,y\n1,2\n" };

/** A reader whose workers answer when the test says so. */
function open() {
  const workers: { asked: string[]; ended: boolean; answer(): Promise<void> }[] = [];
  const reader = startReader(() => {
    const waiting: { name: string; resolve(value: unknown): void; reject(error: Error): void }[] = [];
    const worker = {
      asked: [] as string[],
      ended: false,
      async answer() {
        const first = waiting.shift();
        first?.resolve(first.name);
        await turns();
      },
    };
    workers.push(worker);
    const ask = (name: string) => {
      worker.asked.push(name);
      return new Promise<never>((resolve, reject) => waiting.push({ name, resolve: resolve as () => void, reject }));
    };
    const call: Record<keyof TableContract["methods"], (given: unknown) => Promise<never>> = {
      read: () => ask("read"),
      look: (target) => ask(`look ${target}`),
      prepare: () => ask("prepare"),
    };
    const end = () => {
      worker.ended = true;
      for (const { reject } of waiting.splice(0)) reject(new DOMException("The work was cancelled.", "AbortError"));
    };
    return { call, end };
  });
  return { reader, workers };
}

it("a table whose preparing is stopped ends its worker, and is read again for what comes next", async () => {
  const { reader, workers } = open();
  void reader.read(source);
  await workers[0]?.answer();
  const stopped = reader.prepare(initialOptions);
  await turns();
  reader.stop();
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  expect(workers.map(({ ended }) => ended)).toEqual([true, false]);
  const next = reader.prepare(initialOptions);
  await turns();
  expect(workers[1]?.asked).toEqual(["read"]);
  await workers[1]?.answer();
  expect(workers[1]?.asked).toEqual(["read", "prepare"]);
  await workers[1]?.answer();
  expect(await next).toBe("prepare");
  // Nothing is under way.
  reader.stop();
  expect(workers).toHaveLength(2);
  reader.end();
  expect(workers.map(({ ended }) => ended)).toEqual([true, true]);
});

it("a table that is stopped once more while it is read again is read again", async () => {
  const { reader, workers } = open();
  void reader.read(source);
  await workers[0]?.answer();
  for (let i = 0; i < 2; i++) {
    const stopped = reader.prepare(initialOptions);
    await turns();
    reader.stop();
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  }
  expect(workers.map(({ asked, ended }) => [asked, ended])).toEqual([
    [["read", "prepare"], true],
    [["read"], true],
    [["read"], false],
  ]);
});

it("of targets that are chosen one after the other only the latest is looked at, and no stop ends that", async () => {
  const { reader, workers } = open();
  void reader.read(source);
  await workers[0]?.answer();
  const first = reader.look("a");
  await turns();
  const looks = [first, reader.look("b"), reader.look("c")];
  const stopped = reader.prepare(initialOptions);
  await turns();
  expect(workers[0]?.asked).toEqual(["read", "look a", "prepare"]);
  reader.stop();
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  await workers[1]?.answer();
  expect(workers[1]?.asked).toEqual(["read", "look c"]);
  await workers[1]?.answer();
  expect(await Promise.all(looks)).toEqual([undefined, undefined, "look c"]);
});
