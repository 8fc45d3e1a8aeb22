import { createReferenceTrainer, createTrainer, type Device, type ReferenceTrainer, type Trainer } from "chainrule";
import { type CheckNetwork, checkNetworks } from "./check-networks.ts";
import { Comparison, differingBits, type Finding, groupOf, STEPS, STRETCH } from "./compare.ts";
import type { Work } from "./work.ts";

/** Ways to run a step, which give the numbers of the same formulas. */
export const planNames = ["textbook", "fused", "one dispatch"] as const;
export type PlanName = (typeof planNames)[number];

const passes = {
  textbook: { fuse: false },
  fused: { oneDispatch: false },
  "one dispatch": {},
} as const satisfies Record<PlanName, object>;

/** One network, trained by one plan. */
export interface CheckedRun {
  readonly network: string;
  readonly about: string;
  readonly plan: PlanName;
  /** Dispatches of a step. */
  readonly dispatches: number;
  /** The farthest of each group. */
  readonly findings: readonly Finding[];
  /** The same training made anew, in one call: numbers compared, and those whose bits differ. */
  readonly repeated: { readonly values: number; readonly differing: number };
  readonly passed: boolean;
}

export interface SelfCheck {
  readonly runs: readonly CheckedRun[];
  /** Whether all networks and plans were run. */
  readonly complete: boolean;
  readonly passed: boolean;
  readonly seconds: number;
}

/** Trains every network by every plan that its size allows, on the GPU and by the reference. @throws DeviceError */
export async function selfCheck(
  device: Device,
  signal: AbortSignal,
  report: (work: Work, check: SelfCheck) => void,
): Promise<SelfCheck> {
  const began = performance.now();
  const runs: CheckedRun[] = [];
  const all = checkNetworks.flatMap((network) => planNames.map((plan) => ({ network, plan })));
  const stand = (complete: boolean): SelfCheck => ({
    runs: [...runs],
    complete,
    passed: runs.every(({ passed }) => passed),
    seconds: (performance.now() - began) / 1000,
  });
  for (const [i, { network, plan }] of all.entries()) {
    const check = stand(false);
    report({ label: `${network.name}, ${plan}`, share: i / all.length, seconds: check.seconds }, check);
    const run = await checkRun(device, network, plan);
    signal.throwIfAborted();
    if (run) runs.push(run);
  }
  return stand(true);
}

/** Undefined for a network too large for one dispatch. */
async function checkRun(device: Device, network: CheckNetwork, plan: PlanName): Promise<CheckedRun | undefined> {
  const options = { ...network.options, ...passes[plan] };
  const gpu = await createTrainer(device, options);
  try {
    if (plan === "one dispatch" && gpu.plan.steps.length > 1) return undefined;
    const findings = await compare(gpu, createReferenceTrainer(options));
    const again = await createTrainer(device, options);
    try {
      await again.step(STEPS);
      const repeated = await compareBits(gpu, again);
      return {
        network: network.name,
        about: network.about,
        plan,
        dispatches: gpu.plan.steps.length,
        findings,
        repeated,
        passed: repeated.differing === 0 && findings.every(({ passed }) => passed),
      };
    } finally {
      again.dispose();
    }
  } finally {
    gpu.dispose();
  }
}

async function compare(gpu: Trainer, cpu: ReferenceTrainer): Promise<readonly Finding[]> {
  const comparison = new Comparison();
  for (let step = STRETCH; step <= STEPS; step += STRETCH) {
    const [got, expected] = [await gpu.step(STRETCH), await cpu.step(STRETCH)];
    comparison.add("loss", "L and s", step, [got.loss, got.penalty], [expected.loss, expected.penalty]);
    for (const [name, tensor] of Object.entries(gpu.plan.tensors)) {
      const group = groupOf(name, tensor);
      if (group) comparison.add(group, name, step, (await gpu.read(name)).data, (await cpu.read(name)).data);
    }
  }
  return comparison.findings;
}

/** What training leaves behind: parameters and the state of the optimizer. */
async function compareBits(one: Trainer, other: Trainer): Promise<CheckedRun["repeated"]> {
  let [values, differing] = [0, 0];
  for (const [name, { role }] of Object.entries(one.plan.tensors)) {
    if (role !== "parameter" && role !== "state") continue;
    const [a, b] = [(await one.read(name)).data, (await other.read(name)).data];
    values += a.length;
    differing += differingBits(a, b);
  }
  return { values, differing };
}
