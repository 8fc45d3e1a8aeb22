import { NumberField, Select } from "../../components/field.tsx";
import {
  activationNames,
  batches,
  type DigitsOptions,
  decays,
  epochChoices,
  layerChoices,
  layersText,
  optimizerNames,
  rates,
} from "./options.ts";

const optimizerText = { sgd: "SGD", momentum: "SGD, momentum 0.9", adam: "Adam" } as const;

const choices = <T extends string | number>(values: readonly T[]) =>
  values.map((value) => ({ value, text: String(value) }));

/** What a run follows from; a change begins it anew. */
export function Controls(props: { options: DigitsOptions; onChange: (change: Partial<DigitsOptions>) => void }) {
  const { options, onChange } = props;
  return (
    <section class="panel options" aria-label="Options; a change begins anew">
      <Select
        label="Hidden layers"
        value={layersText(options.layers)}
        options={layerChoices.map((layers) => ({ value: layersText(layers), text: layersText(layers) }))}
        onChange={(text) => onChange({ layers: layerChoices.find((layers) => layersText(layers) === text) ?? [] })}
      />
      <Select
        label="Activation φ"
        value={options.activation}
        options={choices(activationNames)}
        onChange={(activation) => onChange({ activation })}
      />
      <Select
        label="Optimizer"
        value={options.optimizer}
        options={optimizerNames.map((value) => ({ value, text: optimizerText[value] }))}
        onChange={(optimizer) => onChange({ optimizer })}
      />
      <Select
        label="Learning rate η"
        value={options.rate}
        options={choices(rates)}
        onChange={(rate) => onChange({ rate })}
      />
      <Select
        label="Weight decay λ"
        value={options.decay}
        options={choices(decays)}
        onChange={(decay) => onChange({ decay })}
      />
      <Select
        label="Batch |B|"
        value={options.batch}
        options={choices(batches)}
        onChange={(batch) => onChange({ batch })}
      />
      <Select
        label="Epochs"
        value={options.epochs}
        options={choices(epochChoices)}
        onChange={(epochs) => onChange({ epochs })}
      />
      <NumberField
        label="Seed"
        value={options.seed}
        min={0}
        max={4294967295}
        onChange={(seed) => onChange({ seed: Math.round(seed) })}
      />
    </section>
  );
}
