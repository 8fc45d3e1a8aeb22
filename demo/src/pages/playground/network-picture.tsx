import type { RefObject } from "preact";
import { layoutOf } from "./layout.ts";
import { MOST_UNITS, type RunOptions } from "./options.ts";

export interface NetworkPictureProps {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  /** In CSS pixels. */
  readonly width: number;
  readonly run: RunOptions;
  /** Whether the canvas shows another run still. */
  readonly outdated: boolean;
  readonly unit: { readonly layer: number; readonly unit: number } | undefined;
  readonly onUnit: (unit: { layer: number; unit: number } | undefined) => void;
  readonly onLayers: (layers: readonly number[]) => void;
}

/** The network: the worker draws it, buttons lie over the units. */
export function NetworkPicture({ canvas, width, run, outdated, unit, onUnit, onLayers }: NetworkPictureProps) {
  const { layers } = run;
  const layout = layoutOf(width, layers);
  const change = (index: number, by: number) =>
    onLayers(layers.map((units, i) => (i === index ? Math.max(1, Math.min(MOST_UNITS, units + by)) : units)));
  return (
    <div class="network">
      <div class="layer-heads" style={{ gridTemplateColumns: `repeat(${layout.columns.length}, 1fr)` }}>
        <span class="layer-name">input</span>
        {layers.map((units, index) => (
          <div class="layer-head" key={index}>
            <button
              type="button"
              aria-label={`One unit less in layer ${index + 1}`}
              disabled={units <= 1}
              onClick={() => change(index, -1)}
            >
              −
            </button>
            <span>{units}</span>
            <button
              type="button"
              aria-label={`One unit more in layer ${index + 1}`}
              disabled={units >= MOST_UNITS}
              onClick={() => change(index, 1)}
            >
              +
            </button>
          </div>
        ))}
        <span class="layer-name">output</span>
      </div>
      <div class="network-canvas">
        <canvas
          ref={canvas}
          class={outdated ? "outdated" : ""}
          style={{ width: `${layout.width}px`, height: `${layout.height}px` }}
          role="img"
          aria-label="The network: each unit’s response over the plane, and the weights between units"
        />
        {layout.columns.flatMap((column, layer) =>
          Array.from({ length: column.units }, (_, index) => {
            const output = layer === layout.columns.length - 1;
            const chosen = unit?.layer === layer && unit.unit === index;
            return (
              <button
                type="button"
                key={`${layer}.${index}`}
                class="unit"
                aria-label={`Show ${nameOf(layer, index, output)}`}
                aria-pressed={chosen || (output && !unit)}
                style={{
                  left: `${column.x}px`,
                  top: `${column.y + index * column.pitch}px`,
                  width: `${layout.size}px`,
                  height: `${layout.size}px`,
                }}
                onClick={() => onUnit(chosen || output ? undefined : { layer, unit: index })}
              />
            );
          }),
        )}
      </div>
      <p class="legend" aria-hidden="true">
        <i class="negative" /> negative <i class="positive" /> positive
        <span>Choose a unit to see its response large.</span>
      </p>
    </div>
  );
}

export function nameOf(layer: number, unit: number, output: boolean): string {
  if (output) return "the output";
  if (layer === 0) return unit === 0 ? "input x" : "input y";
  return `unit ${unit + 1} of layer ${layer}`;
}
