import { type Activation, activations } from "../../src/model/activation.ts";
import { dense } from "../../src/model/layer.ts";
import { type Loss, losses } from "../../src/model/loss.ts";
import type { Optimizer } from "../../src/model/optimizer.ts";
import { optimizers } from "./networks.ts";
import { BATCHES, INPUTS, OUTPUTS, ROWS, UNITS } from "./palette.ts";
import type { Trajectory } from "./trajectory.ts";

/** The words that a training is described with. */
interface Described {
  /** Which of `optimizers`. */
  readonly rule: number;
  readonly loss: Loss;
  readonly batch: number;
  /** Of each layer; the last is the identity where the loss takes logits. */
  readonly activations: readonly Activation[];
}

const optimizerOf = ({ rule }: Described): Optimizer => (optimizers[rule] as (typeof optimizers)[number])[1];

/** What a training covers: any two of its words, and each activation where it stands. */
function covers(given: Described): string[] {
  const { kind, weightDecay, decay, schedule, ...numbers } = optimizerOf(given);
  const own = "momentum" in numbers && numbers.momentum > 0 ? "momentum" : kind;
  const words = [
    own,
    weightDecay === 0 ? "no decay" : decay,
    schedule.kind,
    given.loss,
    `${given.batch} rows`,
    ...new Set(given.activations),
  ];
  const pairs = words.flatMap((word, i) => words.slice(i + 1).map((other) => `${word}, ${other}`));
  return [...pairs, ...given.activations.map((activation, layer) => `${activation} in layer ${layer + 1}`)];
}

/** Each training that a rule may be part of. */
const withRule = (rule: number): Described[] =>
  losses.flatMap((loss) =>
    BATCHES.flatMap((batch) =>
      activations.flatMap((first) =>
        activations.flatMap((second) =>
          (loss === "softmaxCrossEntropy" ? (["identity"] as const) : activations).map((output) => ({
            rule,
            loss,
            batch,
            activations: [first, second, output],
          })),
        ),
      ),
    ),
  );

const nameOf = ({ rule, loss, batch, activations: own }: Described): string =>
  `${optimizers[rule]?.[0]}; ${loss}; ${own.join(", ")}; batch ${batch}`;

function trajectoryOf(given: Described): Trajectory {
  const [first, second, output] = given.activations as [Activation, Activation, Activation];
  return {
    inputs: INPUTS,
    layers: [dense(UNITS[0], first), dense(UNITS[1], second), dense(OUTPUTS, output)],
    loss: given.loss,
    optimizer: optimizerOf(given),
    rows: ROWS,
    batch: given.batch,
  };
}

const named = (all: readonly Described[]) => all.map((one) => [nameOf(one), trajectoryOf(one)] as const);

/**
 * Trainings that cover all that any training covers: a word more, of whatever kind, makes few more. Each rule in turn takes the
 * training that covers most of what is left, until nothing is; a rule that covers nothing more has none.
 */
export function pairwise(): (readonly [name: string, trajectory: Trajectory])[] {
  const candidates = optimizers.map((_, rule) => withRule(rule).map((given) => ({ given, covered: covers(given) })));
  const left = new Set(candidates.flat().flatMap(({ covered }) => covered));
  const chosen: Described[] = [];
  for (let turn = 0; left.size > 0; turn++) {
    const own = candidates[turn % optimizers.length] ?? [];
    // Of those that cover as much, another one each turn.
    const first = (turn * own.length) / optimizers.length;
    let [best, most] = [undefined as Described | undefined, 0];
    for (const { given, covered } of [...own.slice(first), ...own.slice(0, first)]) {
      const gain = covered.filter((word) => left.has(word)).length;
      if (gain > most) [best, most] = [given, gain];
    }
    if (best === undefined) continue;
    chosen.push(best);
    for (const word of covers(best)) left.delete(word);
  }
  return named(chosen);
}

/** Every training there is: any rule with any loss, batch and activations, the same in both hidden layers. */
export const product = (): (readonly [name: string, trajectory: Trajectory])[] =>
  named(
    optimizers.flatMap((_, rule) =>
      withRule(rule).filter(
        ({ activations: [first, second], loss, activations: own }) =>
          first === second && (loss === "softmaxCrossEntropy" || own[2] === first),
      ),
    ),
  );
