import { Button } from "../../components/button.tsx";
import { CheckIcon, CrossIcon } from "../../components/icons.tsx";
import { Panel } from "../../components/panel.tsx";
import { Progress } from "../../components/progress.tsx";
import { count, duration, scientific } from "../../format.ts";
import { boundOf, type Finding, type Group, groups, mergeFindings, STEPS } from "./compare.ts";
import type { Work } from "./contract.ts";
import { logScale } from "./scale.ts";
import { type CheckedRun, planNames, type SelfCheck } from "./self-check.ts";

const groupText: Readonly<Record<Group, { readonly title: string; readonly what: string }>> = {
  parameters: { title: "Parameters", what: "W and b of every layer" },
  state: { title: "Optimizer state", what: "v, or m and v" },
  activations: { title: "Activations", what: "z, h and o" },
  deltas: { title: "Deltas", what: "∂J/∂o, ∂J/∂h and ∂J/∂z" },
  gradients: { title: "Gradients", what: "∂J/∂W and ∂J/∂b" },
  loss: { title: "Loss", what: "L and s of the steps" },
  batch: { title: "Batch", what: "which rows, in which order" },
};

/** The axis of the bars: a hundredth of a rounding, up to a wrong formula. */
const axis = logScale([1e-9, 1e-3]);

export interface CheckPanelProps {
  readonly check: SelfCheck | undefined;
  /** While it runs. */
  readonly work: Work | undefined;
  readonly disabled: boolean;
  readonly onRun: () => void;
  readonly onStop: () => void;
}

/** The GPU against the CPU reference, in numbers. */
export function CheckPanel({ check, work, disabled, onRun, onStop }: CheckPanelProps) {
  const findings = mergeFindings(check?.runs.map((run) => run.findings) ?? []);
  const repeated = check?.runs.map((run) => run.repeated) ?? [];
  return (
    <Panel
      title="Self-check"
      class="check-panel"
      aside={
        work ? (
          <Button onClick={onStop}>Stop</Button>
        ) : (
          <Button disabled={disabled} onClick={onRun}>
            {check?.complete ? "Check again" : "Check"}
          </Button>
        )
      }
    >
      <div class="standing">
        {work ? (
          <Progress label={`Training ${work.label}`} share={work.share} seconds={work.seconds} />
        ) : check?.complete ? (
          <Verdict check={check} findings={findings} />
        ) : (
          <p class="hint">Not checked yet.</p>
        )}
      </div>
      <table class="findings">
        <caption class="hidden">Largest difference of each group of tensors from the CPU reference</caption>
        <thead>
          <tr>
            <th scope="col">Tensors</th>
            <th scope="col" class="number values-column">
              Numbers
            </th>
            <th scope="col">
              <span class="axis" aria-hidden="true">
                <span>1e-9</span>
                <span style={{ left: `${100 * axis.at(1e-5)}%` }}>bound 1e-5</span>
              </span>
              <span class="hidden">Bar</span>
            </th>
            <th scope="col" class="number">
              Off by
            </th>
            <th scope="col" class="verdict-column">
              <span class="hidden">Verdict</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Row key={group} group={group} finding={findings.find((one) => one.group === group)} />
          ))}
          <RepeatedRow repeated={repeated} />
        </tbody>
      </table>
      <p class="hint">
        “Off by” is the largest |GPU − CPU| as a share of its tensor’s largest magnitude; of 1 at least for sums that
        cancel (deltas, gradients, loss). The bound is that of the library’s own tests: 168 roundings of float32, more
        than two orders of adding part by in {STEPS} steps. A wrong formula is beyond it at once.
      </p>
      <Runs runs={check?.runs ?? []} complete={check?.complete ?? false} />
    </Panel>
  );
}

function Verdict({ check, findings }: { check: SelfCheck; findings: readonly Finding[] }) {
  const values = findings.reduce((sum, one) => sum + one.values, 0);
  const networks = new Set(check.runs.map(({ network }) => network)).size;
  return (
    <div class={`verdict ${check.passed ? "passed" : "failed"}`} role="status">
      <Sign passed={check.passed} />
      <div>
        <strong data-testid="verdict">
          {check.passed ? "This GPU computes what the CPU reference does" : "This GPU is wrong somewhere"}
        </strong>
        <p>
          {networks} networks, {check.runs.length} trainings of {STEPS} steps, {count(values)} numbers compared in{" "}
          {duration(check.seconds)}.
        </p>
      </div>
    </div>
  );
}

/** @param finding undefined before there is one */
function Row({ group, finding }: { group: Group; finding: Finding | undefined }) {
  const { title, what } = groupText[group];
  const { difference = 0, passed = true } = finding ?? {};
  const largest = finding && difference > 0 ? `Largest in ${finding.tensor} after step ${finding.step}` : undefined;
  return (
    <tr data-group={group} title={largest}>
      <th scope="row">
        {title} <small>{what}</small>
      </th>
      <td class="number values-column">{finding ? count(finding.values) : "…"}</td>
      <td class="bar-cell">
        <Bar difference={difference} bound={boundOf(group)} passed={passed} />
      </td>
      <td class="number">{finding ? differenceText(difference) : "…"}</td>
      <td class="verdict-column">{finding && <Sign passed={passed} />}</td>
    </tr>
  );
}

function RepeatedRow({ repeated }: { repeated: readonly CheckedRun["repeated"][] }) {
  const values = repeated.reduce((sum, one) => sum + one.values, 0);
  const differing = repeated.reduce((sum, one) => sum + one.differing, 0);
  const made = repeated.length > 0;
  return (
    <tr data-group="repeated">
      <th scope="row">
        Determinism <small>trained anew: the same bits</small>
      </th>
      <td class="number values-column">{made ? count(values) : "…"}</td>
      <td class="bar-cell">
        <Bar difference={differing} bound={0} passed={differing === 0} />
      </td>
      <td class="number">{made ? (differing === 0 ? "0 bits" : `${count(differing)} numbers`) : "…"}</td>
      <td class="verdict-column">{made && <Sign passed={differing === 0} />}</td>
    </tr>
  );
}

/** How far a difference is, and where the bound lies. */
function Bar({ difference, bound, passed }: { difference: number; bound: number; passed: boolean }) {
  const share = difference === Number.POSITIVE_INFINITY ? 1 : axis.at(difference);
  return (
    <span class="bar" aria-hidden="true">
      <i class={passed ? "" : "beyond"} style={{ width: `${100 * share}%` }} />
      {bound > 0 && <b style={{ left: `${100 * axis.at(bound)}%` }} />}
    </span>
  );
}

function Sign({ passed }: { passed: boolean }) {
  return (
    <span class={`sign ${passed ? "passed" : "failed"}`}>
      {passed ? <CheckIcon /> : <CrossIcon />}
      <span class="hidden">{passed ? "passed" : "failed"}</span>
    </span>
  );
}

function differenceText(difference: number): string {
  if (difference === 0) return "0";
  return Number.isFinite(difference) ? scientific(difference) : "no number";
}

/** Every training by itself. */
function Runs({ runs, complete }: Pick<SelfCheck, "runs" | "complete">) {
  const networks = [...new Map(runs.map(({ network, about }) => [network, about]))];
  return (
    <details class="runs" open={runs.some(({ passed }) => !passed)}>
      <summary>Each network and plan</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Network</th>
              {planNames.map((plan) => (
                <th scope="col" key={plan} class="number">
                  {plan}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {networks.map(([network, about]) => (
              <tr key={network}>
                <th scope="row">
                  {network} <small>{about}</small>
                </th>
                {planNames.map((plan) => (
                  <td key={plan} class="number">
                    <RunCell
                      run={runs.find((one) => one.network === network && one.plan === plan)}
                      complete={complete}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** @param complete whether a plan that was not run is one for which the network is too large */
function RunCell({ run, complete }: { run: CheckedRun | undefined; complete: boolean }) {
  if (!run) return <span class="untold">{complete ? "too large" : "…"}</span>;
  const worst = run.findings.reduce((most, { difference }) => Math.max(most, difference), 0);
  return (
    <span class="run" title={`${run.dispatches} dispatches a step`}>
      {differenceText(worst)} <Sign passed={run.passed} />
    </span>
  );
}
