import { NumberSelect, SeedField } from "../../components/field.tsx";
import { OptimizerSelect } from "../../components/optimizer-select.tsx";
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
export const FeatureControls = ({ options, onChange }: ControlsProps) => (
  <div class="field-pairs">
    <NumberSelect
      label="Fourier features"
      value={options.features}
      values={featureCounts}
      textOf={(value) => (value === 0 ? "0: only x and y" : String(value))}
      onChange={(features) => onChange({ features })}
    />
    <NumberSelect
      label="Scale σ"
      value={options.scale}
      disabled={options.features === 0}
      values={scales}
      onChange={(scale) => onChange({ scale })}
    />
  </div>
);

/** What the network is and how it learns. */
export const NetworkControls = ({ options, onCpu, onChange }: ControlsProps & { onCpu: boolean }) => (
  <div class="field-pairs">
    <NumberSelect
      label="Longest side"
      value={onCpu ? CPU_SIZE : options.size}
      disabled={onCpu}
      values={onCpu ? [CPU_SIZE] : sizes}
      textOf={(value) => `${value} pixels`}
      onChange={(size) => onChange({ size })}
    />
    <NumberSelect
      label="Hidden layers"
      value={options.layers}
      values={layerCounts}
      onChange={(layers) => onChange({ layers })}
    />
    <NumberSelect
      label="Units of each"
      value={options.units}
      values={unitCounts}
      onChange={(units) => onChange({ units })}
    />
    <OptimizerSelect
      value={options.optimizer}
      names={optimizerNames}
      onChange={(optimizer) => onChange({ optimizer })}
    />
    <NumberSelect label="Learning rate η" value={options.rate} values={rates} onChange={(rate) => onChange({ rate })} />
    <NumberSelect label="Batch |B|" value={options.batch} values={batches} onChange={(batch) => onChange({ batch })} />
    <NumberSelect
      label="Epochs"
      value={options.epochs}
      values={epochChoices}
      onChange={(epochs) => onChange({ epochs })}
    />
    <SeedField value={options.seed} onChange={(seed) => onChange({ seed })} />
  </div>
);
