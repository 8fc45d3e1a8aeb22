import { expect, it } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { initialControl } from "../../../src/kernels/control.ts";
import { resolveNetwork } from "../../../src/run/network.ts";
import { planTraining } from "../../../src/run/plan.ts";
import { loadFor } from "../../../src/run/resume.ts";
import { oldOptions, writers } from "../../helpers/version-1.ts";

const { adam: optimizer } = writers;
if (!optimizer) throw new Error("adam wrote one of the files");
const options = { ...oldOptions, optimizer };
const { model, loss } = options;
const network = resolveNetwork(model, 2, loss);

it.each(["f32", "f16"] as const)("what a file tells of rows and optimizer holds for %s too", async (precision) => {
  const trainer = createReferenceTrainer(options);
  await trainer.step(4);
  const bytes = await trainer.save();
  for (const [rows, batch, ahead] of [
    [10, 4, 0],
    // Two epochs have begun: of 4 steps they take 8.
    [10, 3, 4],
    // Of one step they take 2, fewer than were taken.
    [8, 8, -2],
  ] as const) {
    const plan = planTraining({ model, loss, optimizer, inputs: 2, rows, batch, precision });
    const begun = {
      control: initialControl({ optimizer, dataRows: rows, batch, seed: 5 }),
      schedule: optimizer.schedule,
    };
    expect(loadFor(network, plan, begun, bytes)).toMatchObject({ restart: { control: { step: 4 }, ahead } });
    const other = planTraining({
      model,
      loss,
      optimizer: writers.adamw ?? optimizer,
      inputs: 2,
      rows,
      batch,
      precision,
    });
    expect(() => loadFor(network, other, begun, bytes)).toThrow("got a training by adam, expected one by adamw");
  }
});
