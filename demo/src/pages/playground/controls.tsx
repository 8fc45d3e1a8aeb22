import type { Activation } from "chainrule";
import { useMemo } from "preact/hooks";
import { bindOptions } from "../../components/bind-options.ts";
import { Button } from "../../components/button.tsx";
import { Choice, NumberSelect, Range, SeedField, Select } from "../../components/field.tsx";
import { OptimizerSelect } from "../../components/optimizer-select.tsx";
import { Panel } from "../../components/panel.tsx";
import { count, fixed } from "../../format.ts";
import {
  activationNames,
  batches,
  decays,
  type LiveOptions,
  MOST_LAYERS,
  optimizerNames,
  type RunOptions,
  rates,
} from "./options.ts";
import {
  drawnFromText,
  drawnToText,
  makePoints,
  type PointSet,
  pointSets,
  snap,
  starterPoints,
  VIEW,
} from "./points.ts";

/** Options that may change while training goes on. */
export function LiveControls({
  live,
  disabled,
  onChange,
}: {
  live: LiveOptions;
  disabled: boolean;
  onChange: (change: Partial<LiveOptions>) => void;
}) {
  const bind = bindOptions(live, onChange);
  return (
    <fieldset class="panel live" aria-label="Options that may change while it trains" disabled={disabled}>
      <OptimizerSelect names={optimizerNames} {...bind("optimizer")} />
      <NumberSelect label="Learning rate η" values={rates} {...bind("rate")} />
      <NumberSelect label="Weight decay λ" values={decays} {...bind("decay")} />
      <NumberSelect label="Batch |B|" values={batches} {...bind("batch")} />
    </fieldset>
  );
}

interface RunControls {
  readonly run: RunOptions;
  readonly onChange: (change: Partial<RunOptions>) => void;
}

/** Which points are to be learnt. */
export function DataPanel({ run, onChange }: RunControls) {
  const drawn = run.points === "drawn";
  const bind = bindOptions(run, onChange);
  return (
    <Panel title="Points" class="spaced data-panel">
      <Choice
        label="Shape"
        look="tiles"
        options={pointSets.map((value) => ({
          value,
          text: value,
          picture: <Thumbnail set={value} drawn={run.drawn} />,
        }))}
        {...bind("points")}
      />
      {drawn ? (
        <div class="drawn">
          <p class="hint">
            Draw and erase on the picture of the decision. {count(drawnFromText(run.drawn).length)} points, all for
            training.
          </p>
          <Button onClick={() => onChange({ drawn: drawnToText(starterPoints) })}>Start over</Button>
        </div>
      ) : (
        <>
          <Range label="Points" min={20} max={600} step={20} text={count(run.count)} {...bind("count")} />
          <Range label="Noise" min={0} max={0.3} step={0.01} text={fixed(run.noise, 2)} {...bind("noise")} />
          <div class="drawn">
            <Button onClick={() => onChange({ points: "drawn", drawn: drawnText(run) })}>Draw on these</Button>
          </div>
        </>
      )}
      <SeedField hint="Points, first weights and the order of rows follow from it." {...bind("seed")} />
    </Panel>
  );
}

const drawnText = ({ points, count: number, noise, seed }: RunOptions): string =>
  points === "drawn" ? "" : drawnToText(makePoints(points, Math.min(number, 150), noise, seed).map(snap));

/** A few points of a set, small. Made once, and not with each report of training. */
function Thumbnail({ set, drawn }: { set: PointSet; drawn: string }) {
  const shown = set === "drawn" ? drawn : "";
  return useMemo(() => {
    const points = set === "drawn" ? drawnFromText(shown).slice(0, 60) : makePoints(set, 70, 0.02, 3);
    return (
      <svg viewBox={`${-VIEW} ${-VIEW} ${2 * VIEW} ${2 * VIEW}`} width="44" height="44" aria-hidden="true">
        {points.map(({ x, y, label }) => (
          <circle key={`${x},${y}`} cx={x} cy={-y} r="0.09" class={label === 1 ? "positive" : "negative"} />
        ))}
        {points.length === 0 && <path d="M-0.6 0.6 L0.3 -0.3 M0.4 -0.4 L0.6 -0.6" class="pencil" />}
      </svg>
    );
  }, [set, shown]);
}

/** Options of the network as a whole. */
export function NetworkControls({ run, onChange }: RunControls) {
  const { layers } = run;
  const bind = bindOptions(run, onChange);
  return (
    <div class="network-controls">
      <Button
        label="Remove the last hidden layer"
        disabled={layers.length === 0}
        onClick={() => onChange({ layers: layers.slice(0, -1) })}
      >
        − layer
      </Button>
      <Button
        label="Add a hidden layer"
        disabled={layers.length >= MOST_LAYERS}
        onClick={() => onChange({ layers: [...layers, layers.at(-1) ?? 4] })}
      >
        + layer
      </Button>
      <Select<Activation>
        label="Activation φ"
        options={activationNames.map((value) => ({ value, text: value === "identity" ? "none (linear)" : value }))}
        {...bind("activation")}
      />
      <Select
        label="Loss ℓ"
        options={[
          { value: "crossEntropy", text: "cross-entropy" },
          { value: "squaredError", text: "half squared error" },
        ]}
        {...bind("loss")}
      />
    </div>
  );
}
