import { Choice, NumberField, Select } from "../../components/field.tsx";
import { Panel } from "../../components/panel.tsx";
import {
  activationNames,
  decays,
  fitting,
  type InsideState,
  MOST_HIDDEN,
  MOST_ROWS,
  MOST_UNITS,
  presetOf,
  presets,
  rates,
} from "./state.ts";

export interface ControlsProps {
  readonly state: InsideState;
  readonly onChange: (state: InsideState) => void;
}

/** Which network takes the step. */
export function Controls({ state, onChange }: ControlsProps) {
  const change = (part: Partial<InsideState>) => onChange(fitting({ ...state, step: 0, stop: 0, ...part }));
  const chosen = presetOf(state);
  return (
    <Panel title="The network" class="network-controls" aside={<Units state={state} onChange={change} />}>
      <Choice
        label="Example"
        value={chosen?.name ?? "own"}
        onChange={(name) => {
          const preset = presets.find((one) => one.name === name);
          if (preset) onChange(preset.state);
        }}
        options={[
          ...presets.map(({ name, title }) => ({ value: name, text: title })),
          ...(chosen ? [] : [{ value: "own", text: "Your own" }]),
        ]}
      />
      <div class="fields">
        <Select
          label="Activation φ"
          value={state.activation}
          options={activationNames.map((value) => ({ value, text: value }))}
          onChange={(activation) => change({ activation })}
        />
        <Select
          label="Loss ℓ"
          value={state.loss}
          options={[
            { value: "crossEntropy", text: "cross-entropy" },
            { value: "squaredError", text: "half squared error" },
          ]}
          onChange={(loss) => change({ loss })}
        />
        {state.loss === "squaredError" && (
          <Select
            label="Output’s activation"
            value={state.output}
            options={activationNames.map((value) => ({ value, text: value }))}
            onChange={(output) => change({ output })}
          />
        )}
        <Select
          label="Learning rate η"
          value={state.rate}
          options={withOwn(rates, state.rate).map((value) => ({ value, text: String(value) }))}
          onChange={(rate) => change({ rate })}
        />
        <Select
          label="Weight decay λ"
          value={state.decay}
          options={withOwn(decays, state.decay).map((value) => ({ value, text: String(value) }))}
          onChange={(decay) => change({ decay })}
        />
        <NumberField
          label="Rows |B|"
          value={state.rows}
          min={1}
          max={MOST_ROWS}
          onChange={(rows) => change({ rows: Math.round(rows) })}
        />
        {state.start === "seeded" && (
          <NumberField
            label="Seed"
            value={state.seed}
            min={0}
            max={9999}
            onChange={(seed) => change({ seed: Math.round(seed) })}
          />
        )}
      </div>
    </Panel>
  );
}

/** The value of an address need not be one of those offered. */
const withOwn = (values: readonly number[], own: number): readonly number[] =>
  values.includes(own) ? values : [...values, own].sort((a, b) => a - b);

/** Inputs, hidden units and outputs, each with buttons, and layers that come and go. */
function Units({ state, onChange }: { state: InsideState; onChange: (part: Partial<InsideState>) => void }) {
  const { inputs, hidden, outputs } = state;
  const least = state.loss === "crossEntropy" ? 2 : 1;
  return (
    <fieldset class="units">
      <legend class="hidden">Units of each layer</legend>
      <Stepper name="inputs" value={inputs} least={1} onChange={(value) => onChange({ inputs: value })} />
      {hidden.map((units, index) => (
        <Stepper
          key={index}
          name={`layer ${index + 1}`}
          value={units}
          least={1}
          onChange={(value) => onChange({ hidden: hidden.with(index, value) })}
        />
      ))}
      <Stepper name="outputs" value={outputs} least={least} onChange={(value) => onChange({ outputs: value })} />
      <button
        type="button"
        class="button"
        disabled={hidden.length === 0}
        onClick={() => onChange({ hidden: hidden.slice(0, -1) })}
      >
        − layer
      </button>
      <button
        type="button"
        class="button"
        disabled={hidden.length >= MOST_HIDDEN}
        onClick={() => onChange({ hidden: [...hidden, 3] })}
      >
        + layer
      </button>
    </fieldset>
  );
}

function Stepper(props: { name: string; value: number; least: number; onChange: (value: number) => void }) {
  const { name, value, least, onChange } = props;
  return (
    <div class="stepper">
      <small>{name}</small>
      <div>
        <button
          type="button"
          aria-label={`Fewer ${name}`}
          disabled={value <= least}
          onClick={() => onChange(value - 1)}
        >
          −
        </button>
        <output aria-label={name}>{value}</output>
        <button
          type="button"
          aria-label={`More ${name}`}
          disabled={value >= MOST_UNITS}
          onClick={() => onChange(value + 1)}
        >
          +
        </button>
      </div>
    </div>
  );
}
