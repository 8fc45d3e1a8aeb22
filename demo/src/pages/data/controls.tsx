import { type Guess, scalings, type Task } from "chainrule/table";
import { Choice, NumberField, NumberSelect, plainly, SeedField, Select, TextField } from "../../components/field.tsx";
import { OptimizerSelect } from "../../components/optimizer-select.tsx";
import { layersText } from "../../network.ts";
import type { Column } from "./contract.ts";
import {
  activationNames,
  type DataOptions,
  decays,
  fractions,
  layersPattern,
  optimizerNames,
  parseLayers,
  rates,
} from "./options.ts";

const scaleText = { standard: "mean 0, σ 1", minmax: "0 to 1", none: "as it is" } as const;

interface ControlsProps {
  readonly options: DataOptions;
  readonly onChange: (change: Partial<DataOptions>) => void;
}

/** The target, and what kind of thing it is. */
export function Goal(
  props: ControlsProps & {
    columns: readonly Column[];
    guess: Guess | undefined;
    onTarget: (target: string) => void;
  },
) {
  const { options, columns, guess, onTarget, onChange } = props;
  const { task } = options;
  return (
    <div class="spaced">
      <Select
        label="Column to predict"
        value={options.target}
        options={columns.map(({ name }) => ({ value: name, text: name }))}
        onChange={onTarget}
      />
      <Choice<Task>
        label="Task"
        value={task ?? guess?.task ?? "regression"}
        onChange={(chosen) => onChange({ task: chosen })}
        options={[
          { value: "classification", text: "Classes" },
          { value: "regression", text: "Number" },
        ]}
      />
      <p class="hint" data-testid="guess">
        {task === undefined ? guess && `Guessed from ${guess.reason}.` : "Chosen by you."}
      </p>
    </div>
  );
}

/** What the network is and how it learns. */
export function Controls({ options, task, onChange }: ControlsProps & { task: Task }) {
  return (
    <div class="field-pairs">
      <TextField
        label="Hidden layers"
        value={layersText(options.layers)}
        pattern={layersPattern}
        onChange={(text) => onChange({ layers: parseLayers(text) })}
      />
      <Select
        label="Activation φ"
        value={options.activation}
        options={plainly(activationNames)}
        onChange={(activation) => onChange({ activation })}
      />
      <OptimizerSelect
        value={options.optimizer}
        names={optimizerNames}
        onChange={(optimizer) => onChange({ optimizer })}
      />
      <NumberSelect
        label="Learning rate η"
        value={options.rate}
        values={rates}
        onChange={(rate) => onChange({ rate })}
      />
      <NumberField
        label="Epochs"
        value={options.epochs}
        min={1}
        max={100_000}
        onChange={(epochs) => onChange({ epochs })}
      />
      <NumberField
        label="Batch |B|"
        value={options.batch}
        min={1}
        max={65_536}
        onChange={(batch) => onChange({ batch })}
      />
      <NumberSelect
        label="Weight decay λ"
        value={options.decay}
        values={decays}
        onChange={(decay) => onChange({ decay })}
      />
      <NumberSelect
        label="Rows to test on"
        value={options.testFraction}
        values={fractions}
        textOf={(value) => (value === 0 ? "none" : `${Math.round(1000 * value) / 10} %`)}
        onChange={(testFraction) => onChange({ testFraction })}
      />
      <SeedField value={options.seed} onChange={(seed) => onChange({ seed })} />
      <Select
        label="Scale inputs to"
        value={options.scale}
        options={scalings.map((value) => ({ value, text: scaleText[value] }))}
        onChange={(scale) => onChange({ scale })}
      />
      {task === "regression" && (
        <Select
          label="Scale target to"
          value={options.scaleTarget}
          options={scalings.map((value) => ({ value, text: scaleText[value] }))}
          onChange={(scaleTarget) => onChange({ scaleTarget })}
        />
      )}
    </div>
  );
}
