import { bindOptions } from "../../components/bind-options.ts";
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
  const bind = bindOptions(options, onChange);
  return (
    <section class="panel options" aria-label="Options; a change begins anew">
      <Select
        label="Hidden layers"
        value={layersText(options.layers)}
        options={layerChoices.map((layers) => ({ value: layersText(layers), text: layersText(layers) }))}
        onChange={(text) => onChange({ layers: layerChoices.find((layers) => layersText(layers) === text) ?? [] })}
      />
      <Select label="Activation φ" options={plainly(activationNames)} {...bind("activation")} />
      <OptimizerSelect names={optimizerNames} {...bind("optimizer")} />
      <NumberSelect label="Learning rate η" values={rates} {...bind("rate")} />
      <NumberSelect label="Weight decay λ" values={decays} {...bind("decay")} />
      <NumberSelect label="Batch |B|" values={batches} {...bind("batch")} />
      <NumberSelect label="Epochs" values={epochChoices} {...bind("epochs")} />
      <SeedField {...bind("seed")} />
    </section>
  );
}
