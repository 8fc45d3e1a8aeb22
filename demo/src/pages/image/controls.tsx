import { NumberField, Select } from "../../components/field.tsx";
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

const optimizerText = { sgd: "SGD", momentum: "SGD, momentum 0.9", adam: "Adam" } as const;

const choices = (values: readonly number[]) => values.map((value) => ({ value, text: String(value) }));

interface ControlsProps {
  readonly options: ImageOptions;
  readonly onChange: (change: Partial<ImageOptions>) => void;
}

/** What the network sees of a point. */
export const FeatureControls = ({ options, onChange }: ControlsProps) => (
  <div class="image-controls">
    <Select
      label="Fourier features"
      value={options.features}
      options={featureCounts.map((value) => ({ value, text: value === 0 ? "0: only x and y" : String(value) }))}
      onChange={(features) => onChange({ features })}
    />
    <Select
      label="Scale σ"
      value={options.scale}
      disabled={options.features === 0}
      options={choices(scales)}
      onChange={(scale) => onChange({ scale })}
    />
  </div>
);

/** What the network is and how it learns. */
export const NetworkControls = ({ options, onCpu, onChange }: ControlsProps & { onCpu: boolean }) => (
  <div class="image-controls">
    <Select
      label="Longest side"
      value={onCpu ? CPU_SIZE : options.size}
      disabled={onCpu}
      options={(onCpu ? [CPU_SIZE] : sizes).map((value) => ({ value, text: `${value} pixels` }))}
      onChange={(size) => onChange({ size })}
    />
    <Select
      label="Hidden layers"
      value={options.layers}
      options={choices(layerCounts)}
      onChange={(layers) => onChange({ layers })}
    />
    <Select
      label="Units of each"
      value={options.units}
      options={choices(unitCounts)}
      onChange={(units) => onChange({ units })}
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
  </div>
);
