import type { Page } from "playwright";
import { expect } from "vitest";
import { createReferenceTrainer, dense, sequential, sgd, type TrainerOptions } from "../../src/index.ts";
import { settled } from "./browser.ts";

// What the page Inside a step shows, read off it, and what it should show.

/** Largest difference from the reference, as a share of a tensor's largest magnitude. */
export const CLOSE = 1e-5;

export const ready = (page: Page) => page.locator("[data-ready]").waitFor();
export const stopOf = (page: Page) => page.getByTestId("stop").textContent();

/** What the page trains where its address says nothing. */
export const classifier: Omit<TrainerOptions, "data"> = {
  model: sequential([dense(4, "tanh"), dense(3, "tanh"), dense(2)]),
  loss: "softmaxCrossEntropy",
  optimizer: sgd({ learningRate: 0.5 }),
};

/** A regression with weight decay, and its address. */
export const decayed: Omit<TrainerOptions, "data"> = {
  model: sequential([dense(4, "relu"), dense(2, "tanh")]),
  loss: "halfSquaredError",
  optimizer: sgd({ learningRate: 0.3, weightDecay: 0.1 }),
};
export const decayedAt =
  "inside?units=3-4-2&rows=5&activation=relu&output=tanh&loss=squaredError&rate=0.3&decay=0.1&seed=3";

export interface Shown {
  readonly shape: readonly [rows: number, columns: number];
  readonly values: readonly number[];
}

/** Every number on the board, in full precision, by tensor. */
export const tensorsOf = (page: Page): Promise<Record<string, Shown>> =>
  page.evaluate(() => {
    const tables = [...document.querySelectorAll<HTMLElement>("table[data-tensor]")];
    return Object.fromEntries(
      tables.map((table) => {
        const rows = table.querySelectorAll("tr").length;
        const values = [...table.querySelectorAll("td")].map(({ title }) =>
          title === "" ? Number.NaN : Number(title),
        );
        return [table.dataset.tensor ?? "", { shape: [rows, values.length / rows], values }];
      }),
    );
  });

/** What the page says that it trains, with its rows taken from the board. */
export function optionsOf(shown: Record<string, Shown>, others: Omit<TrainerOptions, "data">): TrainerOptions {
  const { x, y } = shown;
  if (!x || !y) throw new Error("the board shows no batch");
  return { ...others, data: { inputs: x.values, targets: y.values }, shuffle: false, fuse: false };
}

/** The step by the reference in this process, from the parameters on the board: every tensor by the name that the board has. */
export async function stepOnCpu(
  shown: Record<string, Shown>,
  options: TrainerOptions,
): Promise<Record<string, number[]>> {
  const trainer = createReferenceTrainer(options);
  const names = Object.keys(await trainer.parameters());
  await trainer.setParameters(Object.fromEntries(names.map((name) => [name, shown[name]?.values ?? []])));
  const { loss, penalty, rows } = await trainer.step();
  const [L, s] = [loss * rows, penalty * rows];
  const found: Record<string, number[]> = { L: [L], s: [s], J: [L + s] };
  for (const name of Object.keys(shown)) {
    if (name in found) continue;
    if (names.includes(name)) found[name] = [...(shown[name]?.values ?? [])];
    else if (name === "ell") found.ell = [...(await trainer.read("scores")).data].filter((_, i) => i % 2 === 0);
    else found[name] = [...(await trainer.read(name.replace("+", ""))).data];
  }
  return found;
}

export function expectAgreement(shown: Record<string, Shown>, expected: Record<string, readonly number[]>): void {
  expect(Object.keys(expected).sort()).toEqual(Object.keys(shown).sort());
  for (const [name, { values }] of Object.entries(shown)) {
    const right = expected[name] ?? [];
    expect([name, values.length]).toEqual([name, right.length]);
    const largest = Math.max(...right.map(Math.abs));
    values.forEach((value, i) => {
      const difference = Math.abs(value - (right[i] ?? Number.NaN));
      if (!(difference <= CLOSE * largest)) expect.fail(`${name}[${i}]: got ${value}, expected ${right[i]}`);
    });
  }
}

/** The colour of each cell of a tensor as it is on the screen, near the cell's corner, away from its number. */
export async function coloursOf(page: Page, name: string): Promise<number[][]> {
  const table = page.locator(`table[data-tensor="${name}"]`);
  await settled(page);
  const picture = (await table.screenshot()).toString("base64");
  const cells = await table.evaluate((element) => {
    const { x, y } = element.getBoundingClientRect();
    return [...element.querySelectorAll("td")].map((td) => {
      const box = td.getBoundingClientRect();
      return [Math.round(box.x - x) + 4, Math.round(box.y - y) + 4] as const;
    });
  });
  return page.evaluate(
    async ({ picture, cells }) => {
      // Not by its address: the page's policy allows no picture out of one.
      const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      const context = canvas.getContext("2d");
      context?.drawImage(image, 0, 0);
      return cells.map(([x, y]) => [...(context?.getImageData(x, y, 1, 1).data ?? [])]);
    },
    { picture, cells },
  );
}
