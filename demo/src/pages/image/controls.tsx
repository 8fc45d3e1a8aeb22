import { bindOptions } from "../../components/bind-options.ts";
import { NumberSelect, SeedField } from "../../components/field.tsx";
import { OptimizerSelect } from "../../components/optimizer-select.tsx";
import { plain } from "../../format.ts";
import {
  batches,
  CPU_SIZE,
  epochChoices,
  featureCounts,
  type ImageOptions,
  layerCounts,
  optimizerNames,
  rates,
  scales,
  sizes,
  unitCounts,
} from "./options.ts";

interface ControlsProps {
  readonly options: ImageOptions;
  readonly onChange: (change: Partial<ImageOptions>) => void;
}

/** What the network sees of a point. */
export function FeatureControls({ options, onChange }: ControlsProps) {
  const bind = bindOptions(options, onChange);
  return (
    <div class="field-pairs">
      <NumberSelect
        label="Fourier features"
        values={featureCounts}
        textOf={(value) => (value === 0 ? "0: only x and y" : plain(value))}
        {...bind("features")}
      />
      <NumberSelect label="Scale σ" disabled={options.features === 0} values={scales} {...bind("scale")} />
    </div>
  );
}

/** What the network is and how it learns. */
export function NetworkControls({ options, onCpu, onChange }: ControlsProps & { onCpu: boolean }) {
  const bind = bindOptions(options, onChange);
  return (
    <div class="field-pairs">
      <NumberSelect
        label="Longest side"
        value={onCpu ? CPU_SIZE : options.size}
        disabled={onCpu}
        values={onCpu ? [CPU_SIZE] : sizes}
        textOf={(value) => `${value} pixels`}
        onChange={(size) => onChange({ size })}
      />
      <NumberSelect label="Hidden layers" values={layerCounts} {...bind("layers")} />
      <NumberSelect label="Units of each" values={unitCounts} {...bind("units")} />
      <OptimizerSelect names={optimizerNames} {...bind("optimizer")} />
      <NumberSelect label="Learning rate η" values={rates} {...bind("rate")} />
      <NumberSelect label="Batch |B|" values={batches} {...bind("batch")} />
      <NumberSelect label="Epochs" values={epochChoices} {...bind("epochs")} />
      <SeedField {...bind("seed")} />
    </div>
  );
}
