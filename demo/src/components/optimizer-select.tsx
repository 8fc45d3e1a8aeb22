import { type OptimizerName, optimizerText } from "../network.ts";
import { Select } from "./field.tsx";

export interface OptimizerSelectProps<T extends OptimizerName> {
  readonly value: T;
  /** Those to choose from. */
  readonly names: readonly T[];
  readonly onChange: (optimizer: T) => void;
}

export const OptimizerSelect = <T extends OptimizerName>({ value, names, onChange }: OptimizerSelectProps<T>) => (
  <Select
    label="Optimizer"
    value={value}
    options={names.map((name) => ({ value: name, text: optimizerText[name] }))}
    onChange={onChange}
  />
);
