import { expect, it } from "vitest";
import { createReferenceTrainer } from "../../../src/cpu/trainer.ts";
import { he, torchLinear } from "../../../src/model/initializer.ts";
import { type DenseOptions, dense, sequential } from "../../../src/model/layer.ts";
import { adam } from "../../../src/model/optimizer.ts";

/** The README's points on two spirals, of which each is the other turned by half a turn. */
const spirals = (points: number) => {
  const targets = Array.from({ length: points }, (_, i) => i % 2);
  const inputs = targets.flatMap((spiral, i) => {
    const [radius, angle] = [i / points, Math.PI * ((3 * i) / points + spiral)];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  return { inputs, targets };
};

/** How the README's first program ends, with tanh in place of relu and these hidden layers, on its points and on others. */
async function accuracies(options: DenseOptions): Promise<readonly [own: number, others: number]> {
  const trainer = createReferenceTrainer({
    model: sequential([dense(32, "tanh", options), dense(32, "tanh", options), dense(2)]),
    loss: "softmaxCrossEntropy",
    optimizer: adam({ learningRate: 0.01 }),
    data: spirals(400),
  });
  let own = Number.NaN;
  for await (const { accuracy } of trainer.fit({ epochs: 60 })) own = accuracy ?? Number.NaN;
  return [own, (await trainer.evaluate(spirals(333))).accuracy ?? Number.NaN];
}

it("spirals are learned by tanh too, where biases begin apart from 0", async () => {
  const [own, others] = await accuracies({ initializer: he(), biasInitializer: torchLinear() });
  expect(own).toBeGreaterThanOrEqual(0.98);
  expect(others).toBeGreaterThanOrEqual(0.98);
});

it("and are not where they begin at 0, as the README says", async () => {
  const [own, others] = await accuracies({});
  expect(Math.max(own, others)).toBeLessThan(0.7);
});
