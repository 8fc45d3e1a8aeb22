import { NumberSelect, plainly, SeedField, Select } from "../../components/field.tsx";
import { OptimizerSelect } from "../../components/optimizer-select.tsx";
import { layersText } from "../../network.ts";
import {
  activationNames,
  batches,
  type DigitsOptions,
  decays,
  epochChoices,
  layerChoices,
  optimizerNames,
  rates,
} from "./options.ts";

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
      <NumberSelect
        label="Weight decay λ"
        value={options.decay}
        values={decays}
        onChange={(decay) => onChange({ decay })}
      />
      <NumberSelect
        label="Batch |B|"
        value={options.batch}
        values={batches}
        onChange={(batch) => onChange({ batch })}
      />
      <NumberSelect
        label="Epochs"
        value={options.epochs}
        values={epochChoices}
        onChange={(epochs) => onChange({ epochs })}
      />
      <SeedField value={options.seed} onChange={(seed) => onChange({ seed })} />
    </section>
  );
}
