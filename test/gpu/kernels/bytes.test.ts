import { expect, test } from "vitest";
import type { KernelName } from "../../../src/kernels/index.ts";
import { useDevice } from "../../helpers/device.ts";
import { type Case, expectTwins, randomBytes } from "../../helpers/gpu.ts";
import { all, expectUpdates, update } from "../../helpers/layer-updates.ts";
import { output, outputSizes, outputTolerances, plain } from "../../helpers/output-losses.ts";
import { forward, forwardTolerances, gradient, gradientTolerances } from "../../helpers/products.ts";
import { odd, oddSizes } from "../../helpers/tiles.ts";

/** Resident data of packed bytes, whose rows begin anywhere in a word. */

const device = await useDevice();

/** The same call, its x packed. */
function packed<N extends KernelName>(given: Case<N>): Case<N> {
  const { x } = given.values;
  expect(x).toBeDefined();
  return { ...given, values: { ...given.values, x: randomBytes(x?.length ?? 0, 1) }, bytes: ["x"] };
}

test("layerForward of bytes equals the reference", async () => {
  const variant = { activation: "tanh", bias: true, gather: true, bytes: true, tile: odd } as const;
  const cases = oddSizes.map((sizes) => packed(forward(variant, sizes)));
  await expectTwins(device, cases, forwardTolerances);
});

test("layerGradient of bytes equals the reference", async () => {
  const cases = oddSizes.map((sizes) => packed(gradient({ bias: true, gather: true, bytes: true, tile: odd }, sizes)));
  await expectTwins(device, cases, gradientTolerances);
});

test("layerUpdate of bytes equals the reference", () =>
  expectUpdates(
    device,
    oddSizes.map((sizes) => packed(update({ ...all, optimizer: "momentum", bytes: true }, sizes))),
  ));

test("outputLoss of bytes equals the reference", async () => {
  const cases = outputSizes.map((sizes) => packed(output({ ...plain, gather: true, bytes: true }, sizes)));
  await expectTwins(device, cases, outputTolerances);
});
