import { Choice, NumberField, NumberSelect, plainly, SeedField, Select } from "../../components/field.tsx";
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
          options={plainly(activationNames)}
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
            options={plainly(activationNames)}
            onChange={(output) => change({ output })}
          />
        )}
        <NumberSelect label="Learning rate η" value={state.rate} values={rates} onChange={(rate) => change({ rate })} />
        <NumberSelect
          label="Weight decay λ"
          value={state.decay}
          values={decays}
          onChange={(decay) => change({ decay })}
        />
        <NumberField
          label="Rows |B|"
          value={state.rows}
          min={1}
          max={MOST_ROWS}
          onChange={(rows) => change({ rows })}
        />
        {state.start === "seeded" && <SeedField value={state.seed} max={9999} onChange={(seed) => change({ seed })} />}
      </div>
    </Panel>
  );
}

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
