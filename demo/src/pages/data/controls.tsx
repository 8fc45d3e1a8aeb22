import { scalings, type Task } from "chainrule/table";
import { bindOptions } from "../../components/bind-options.ts";
import { Choice, NumberField, NumberSelect, plainly, SeedField, Select, TextField } from "../../components/field.tsx";
import { OptimizerSelect } from "../../components/optimizer-select.tsx";
import { useFirst } from "../../components/use-first.tsx";
import { rounded } from "../../format.ts";
import { layersText } from "../../network.ts";
import { said } from "../../said.ts";
import type { Column, Doubt, Outlook } from "./contract.ts";
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
    outlook: Outlook | undefined;
    onTarget: (target: string) => void;
  },
) {
  const { options, columns, outlook, onTarget, onChange } = props;
  const task = options.task ?? outlook?.guess.task ?? "regression";
  const doubt = outlook?.doubts[task];
  const { shown, find, rest } = useFirst(columns, "targets", ({ name }) => name);
  const names = shown.map(({ name }) => name);
  if (!names.includes(options.target)) names.push(options.target);
  return (
    <div class="spaced">
      {find}
      <Select
        label="Column to predict"
        value={options.target}
        options={names.map((value) => ({ value, text: said(value) }))}
        onChange={onTarget}
      />
      {rest}
      <Choice<Task>
        label="Task"
        value={task}
        onChange={(chosen) => onChange({ task: chosen })}
        options={[
          { value: "classification", text: "Classes" },
          { value: "regression", text: "Number" },
        ]}
      />
      <p class="hint guess" data-testid="guess">
        {options.task === undefined ? outlook && `Guessed from ${outlook.guess.reason}.` : "Chosen by you."}
      </p>
      {doubt && <Doubted {...doubt} />}
    </div>
  );
}

/** What is to be said of a target before anything is trained. */
const Doubted = ({ fault: { parts, message }, refused }: Doubt) => (
  <p class={refused ? "doubt refused" : "doubt"} role="status" data-testid="doubt">
    {parts ? `This column has ${parts.got}; expected: ${parts.expected}. ${sentence(parts.remedy)}` : message}
  </p>
);

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What the network is and how it learns. */
export function Controls({ options, task, onChange }: ControlsProps & { task: Task }) {
  const bind = bindOptions(options, onChange);
  return (
    <div class="field-pairs">
      <TextField
        label="Hidden layers"
        value={layersText(options.layers)}
        pattern={layersPattern}
        expected="sizes such as 64,32, or none"
        onChange={(text) => onChange({ layers: parseLayers(text) })}
      />
      <Select label="Activation φ" options={plainly(activationNames)} {...bind("activation")} />
      <OptimizerSelect names={optimizerNames} {...bind("optimizer")} />
      <NumberSelect label="Learning rate η" values={rates} {...bind("rate")} />
      <NumberField label="Epochs" min={1} max={100_000} {...bind("epochs")} />
      <NumberField label="Batch |B|" min={1} max={65_536} {...bind("batch")} />
      <NumberSelect label="Weight decay λ" values={decays} {...bind("decay")} />
      <NumberSelect
        label="Rows to test on"
        values={fractions}
        textOf={(value) => (value === 0 ? "none" : `${rounded(100 * value, 3)} %`)}
        {...bind("testFraction")}
      />
      <SeedField {...bind("seed")} />
      <Select
        label="Scale inputs to"
        options={scalings.map((value) => ({ value, text: scaleText[value] }))}
        {...bind("scale")}
      />
      {task === "regression" && (
        <Select
          label="Scale target to"
          options={scalings.map((value) => ({ value, text: scaleText[value] }))}
          {...bind("scaleTarget")}
        />
      )}
    </div>
  );
}
