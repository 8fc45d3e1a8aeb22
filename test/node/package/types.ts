import { join } from "node:path";
import { expect } from "vitest";
import { root } from "../built.ts";
import type { Consumer } from "./consumer.ts";
import { blocks, example } from "./readme.ts";

/** Asserts that TypeScript finds the types of the installed package, and no fault in README.md's programs. */
export async function expectTypes(consumer: Consumer, resolution: "bundler" | "nodenext"): Promise<void> {
  consumer.write("spirals.ts", example);
  consumer.write("misuse.ts", misuse);
  consumer.write("given.d.ts", given);
  for (const [index, block] of blocks.entries()) consumer.write(`readme-${index + 1}.ts`, `${block}export {};\n`);
  consumer.write("tsconfig.json", JSON.stringify(tsconfig(resolution)));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  expect(await consumer.run(process.execPath, tsc, "--project", ".")).toBe("");
}

/** Were the types not found, everything would be `any` and allowed. */
const misuse = `import { createReferenceTrainer, dense, openDevice, type SweepOptions } from "chainrule";
import { readCsv } from "chainrule/table";
// @ts-expect-error: units are a number
dense("8");
// @ts-expect-error: no activation
dense(8, "step");
// @ts-expect-error: a table is text
readCsv(8, "table.csv");
// @ts-expect-error: GPUDevice is a known type
export const device: number = (await openDevice()).gpu;
type ReferenceOptions = Parameters<typeof createReferenceTrainer>[0];
// @ts-expect-error: the reference computes in one precision
export const precision: ReferenceOptions["precision"] = undefined;
// @ts-expect-error: the reference has nothing to tune
export const tune: ReferenceOptions["tune"] = undefined;
// @ts-expect-error: a sweep computes in one precision
export const swept: SweepOptions["precision"] = undefined;
// @ts-expect-error: a sweep is not tuned
export const sweptTune: SweepOptions["tune"] = undefined;
`;

/** What the README's shorter programs take from the example. */
const given = `import type { Dataset, Device, Trainer } from "chainrule";
declare global {
  const device: Device;
  const trainer: Trainer;
  const spirals: (points?: number) => Dataset;
}
`;

const tsconfig = (moduleResolution: string) => ({
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: ["@webgpu/types"],
    module: moduleResolution === "bundler" ? "ESNext" : moduleResolution,
    moduleResolution,
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  },
  include: ["*.ts"],
});
