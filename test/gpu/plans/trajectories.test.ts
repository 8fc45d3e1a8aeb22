import { afterAll, describe, expect, test } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { dense, sequential } from "../../../src/model/layer.ts";
import { adam, sgd } from "../../../src/model/optimizer.ts";
import { excessOf } from "../../../src/plan/limits.ts";
import { planTraining } from "../../../src/run/plan.ts";
import { useDevice } from "../../helpers/device.ts";
import { random } from "../../helpers/gpu.ts";
import { pairwise } from "../../helpers/pairwise.ts";
import { BATCHES, hardware, INPUTS, OUTPUTS, onPalette, tilesOf, UNITS as WIDTHS } from "../../helpers/palette.ts";
import { plans } from "../../helpers/training.ts";
import { expectTrajectory, STEPS, type Trajectory } from "../../helpers/trajectory.ts";

const device = onPalette(await useDevice());
// Its limits are those of every WebGPU device.
const smallest = await openDevice({ limits: "default" });
afterAll(() => smallest.destroy());

const [BATCH] = BATCHES;
const [UNITS] = WIDTHS;

const trajectories = pairwise();

const planOf = ({ layers, ...options }: Trajectory, fuse: boolean) =>
  planTraining({ ...options, model: sequential(layers), fuse, oneDispatch: false }, hardware);

describe.each(plans)("a training of 30 steps by the %s plan equals the reference", (_, fuse) => {
  test.each(trajectories)("%s", async (_, trajectory) => {
    expect(await expectTrajectory(device, { ...trajectory, fuse })).toBe(STEPS);
  });

  test("and all of them keep within the limits of every device, by one tile", () => {
    expect(smallest.gpu.limits.maxStorageBuffersPerShaderStage).toBeLessThanOrEqual(8);
    const all = trajectories.map(([, trajectory]) => planOf(trajectory, fuse));
    expect(all.map((plan) => excessOf(plan, smallest.gpu.limits))).toEqual(all.map(() => undefined));
    expect(new Set(all.flatMap(tilesOf).map((tile) => JSON.stringify(tile))).size).toBe(1);
  });
});

test("a device with the limits of every device trains by the kernel with the most storage buffers", async () => {
  // The update of both moments with a penalty and rows gathered.
  await expectTrajectory(smallest, {
    inputs: 3,
    layers: [dense(5)],
    loss: "softmaxCrossEntropy",
    optimizer: adam({ learningRate: 0.01, weightDecay: 0.3 }),
    rows: 13,
    batch: 5,
  });
});

test.each(plans)("a training by the %s plan that meets the kink of a relu takes either slope", async (_, fuse) => {
  // 1 + 2⁻²⁶ − 1 is 0 in float32, summed in order, and 2⁻²⁶ in double precision: on a kink, one slope each.
  const inputs = random(BATCH * INPUTS, 1);
  inputs.set([1, 1, 1]);
  const W1 = new Float32Array(UNITS * INPUTS);
  W1.set([1, 2 ** -26, -1]);
  // All other units are far from theirs.
  const b1 = Float32Array.from({ length: UNITS }, (_, unit) => (unit === 0 ? 0 : 1));
  const kink: Trajectory = {
    inputs: INPUTS,
    layers: [dense(UNITS, "relu"), dense(OUTPUTS)],
    loss: "halfSquaredError",
    optimizer: sgd({ learningRate: 0.05 }),
    rows: BATCH,
    batch: BATCH,
    fuse,
    start: {
      data: { inputs: inputs.fill(0, 3, INPUTS), targets: random(BATCH * OUTPUTS, 2) },
      parameters: { W1, b1, W2: random(UNITS * OUTPUTS, 3), b2: random(OUTPUTS, 4) },
    },
  };
  const either = [-1, 1].map((side) =>
    expectTrajectory(device, { ...kink, nudged: { b1: b1.with(0, side * 2 ** -25) } }),
  );
  const outcomes = await Promise.allSettled(either);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const [other] = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [String(outcome.reason)] : []));
  expect(other).toMatch(/^Error: \S+ after step 30: \d+ of \d+ values differ, the worst at /);
});
