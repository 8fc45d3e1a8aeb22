import { bytesByRole, type Plan, type StepDescription } from "chainrule";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { bytesText } from "../../bytes.ts";
import { Panel } from "../../components/panel.tsx";
import { StatRow } from "../../components/stats.tsx";
import type { StepRecord } from "./contract.ts";
import type { Stop } from "./stops.ts";
import { swallowedBy } from "./swallow.ts";

export interface PlansPanelProps {
  readonly record: StepRecord;
  readonly current: Stop | undefined;
}

/** Roles of what lies in memory only from one dispatch to another. */
const between = ["activation", "delta", "gradient"] as const;

const bytesOf = (plan: Plan): number => Object.values(bytesByRole(plan)).reduce((sum, bytes) => sum + bytes, 0);
const bytesBetween = (plan: Plan): number => between.reduce((sum, role) => sum + (bytesByRole(plan)[role] ?? 0), 0);

const letterOf = (index: number): string => String.fromCharCode(65 + index);

/** The textbook's dispatches beside the fused ones, and which of them each fused one swallows. */
export function PlansPanel({ record, current }: PlansPanelProps) {
  const { textbook, fused, whole } = record;
  const swallowed = useMemo(() => swallowedBy(textbook.plan, fused.plan), [record]);
  const [pointed, setPointed] = useState<number>();
  const now = new Set(current?.dispatches ?? []);
  const host = useRef<HTMLDivElement>(null);
  const ribbons = useRibbons(host, swallowed);
  const lit = (row: number, dispatch: number) => (pointed === undefined ? now.has(row) : dispatch === pointed);
  return (
    <Panel title="The same step, fused" class="plans-panel">
      <p class="hint">
        Left, a dispatch for every formula. Right, what chainrule makes of it: a fused dispatch keeps in registers what
        the textbook writes to memory and reads again. The numbers come out the same.
      </p>
      <StatRow
        label="The plans in numbers"
        stats={[
          { label: "Textbook", value: <Dispatches plan={textbook.plan} name="textbook" /> },
          { label: "Fused", value: <Dispatches plan={fused.plan} name="fused" /> },
          {
            label: "As small as here, by default",
            value: <Dispatches plan={whole.plan} name="whole" />,
            title: "One workgroup runs whole steps, as many as are asked for, in one dispatch",
          },
          {
            label: "Held between dispatches",
            value: `${bytesText(bytesBetween(textbook.plan))} → ${bytesText(bytesBetween(fused.plan))}`,
            title: "Activations, deltas and gradients",
          },
          {
            label: "All buffers",
            value: `${bytesText(bytesOf(textbook.plan))} → ${bytesText(bytesOf(fused.plan))}`,
            title: "Most of it is the ring, into which each step writes its loss",
          },
        ]}
      />
      <div class="plans" ref={host}>
        <div>
          <h3>Textbook plan</h3>
          <ol data-testid="textbook-plan">
            {textbook.steps.map((step, row) => {
              const into = swallowed[row] ?? [];
              return (
                <PlanRow
                  key={row}
                  step={step}
                  badge={into.map(letterOf).join("")}
                  class={now.has(row) || into.includes(pointed ?? -1) ? "lit" : ""}
                  onPoint={(on) => setPointed(on ? into[0] : undefined)}
                />
              );
            })}
          </ol>
        </div>
        <svg class="ribbons" aria-hidden="true">
          {ribbons.map(({ row, dispatch, path }) => (
            <path key={`${row}.${dispatch}`} d={path} class={lit(row, dispatch) ? "lit" : ""} />
          ))}
        </svg>
        <div>
          <h3>Fused plan</h3>
          <ol data-testid="fused-plan">
            {fused.steps.map((step, index) => (
              <PlanRow
                key={index}
                step={step}
                badge={letterOf(index)}
                swallows={swallowed.filter((into) => into.includes(index)).length}
                class={
                  index === pointed || swallowed.some((into, row) => now.has(row) && into.includes(index)) ? "lit" : ""
                }
                onPoint={(on) => setPointed(on ? index : undefined)}
              />
            ))}
          </ol>
        </div>
      </div>
      <details>
        <summary>As the command line prints them</summary>
        {[textbook, fused, whole].map(({ text }) => (
          <pre
            key={text}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
            tabIndex={0}
          >
            {text}
          </pre>
        ))}
      </details>
    </Panel>
  );
}

function Dispatches({ plan, name }: { plan: Plan; name: string }) {
  const { length } = plan.steps;
  return (
    <span data-testid={`${name}-dispatches`}>
      {length} {length === 1 ? "dispatch" : "dispatches"}
    </span>
  );
}

interface PlanRowProps {
  readonly step: StepDescription;
  /** Letters of the fused dispatches that do it. */
  readonly badge: string;
  readonly swallows?: number;
  readonly class: string;
  readonly onPoint: (on: boolean) => void;
}

function PlanRow({ step, badge, swallows, class: given, onPoint }: PlanRowProps) {
  return (
    <li
      class={`plan-row ${given}`}
      data-phase={step.phase}
      onPointerEnter={() => onPoint(true)}
      onPointerLeave={() => onPoint(false)}
    >
      <b class="badge">{badge}</b>
      <span class="plan-text">
        <code>
          {step.writes.join(", ")} = <strong>{step.kernel}</strong>({step.reads.join(", ")})
        </code>
        <small>
          {step.label}
          {swallows !== undefined && swallows > 1 && ` · swallows ${swallows}`}
        </small>
      </span>
    </li>
  );
}

interface Ribbon {
  readonly row: number;
  readonly dispatch: number;
  readonly path: string;
}

/** Curves from each textbook row to the fused rows that swallow it, as they lie on the screen. */
function useRibbons(
  host: { readonly current: HTMLDivElement | null },
  swallowed: readonly (readonly number[])[],
): readonly Ribbon[] {
  const [ribbons, setRibbons] = useState<readonly Ribbon[]>([]);
  useLayoutEffect(() => {
    const area = host.current;
    const canvas = area?.querySelector("svg");
    if (!area || !canvas) return;
    const trace = () => {
      const [from, to] = [...area.querySelectorAll("ol")].map((list) => [...list.children]);
      const { top, width } = canvas.getBoundingClientRect();
      const middle = (element: Element | undefined) => {
        const box = element?.getBoundingClientRect();
        return box ? box.top + box.height / 2 - top : 0;
      };
      setRibbons(
        swallowed.flatMap((into, row) =>
          into.map((dispatch) => {
            const [y0, y1] = [middle(from?.[row]), middle(to?.[dispatch])];
            return { row, dispatch, path: `M0 ${y0}C${width / 2} ${y0} ${width / 2} ${y1} ${width} ${y1}` };
          }),
        ),
      );
    };
    trace();
    const observer = new ResizeObserver(trace);
    observer.observe(area);
    return () => observer.disconnect();
  }, [swallowed]);
  return ribbons;
}
