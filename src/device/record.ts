import type { Workgroups } from "../kernels/types.ts";

/** Records so many steps: one compute pass, and the copies around it where parameters move. */
export type RecordSteps = (encoder: GPUCommandEncoder, steps: number) => void;

/** A dispatch with nothing left to look up. */
export interface Prepared {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly workgroups: Workgroups;
}

/** Steps, between what opens a submit and what closes it. @param lists what opens, a step, what closes */
export const recordSteps =
  ([opening = [], step = [], closing = []]: readonly (readonly Prepared[])[], label: string): RecordSteps =>
  (encoder, steps) => {
    const pass = encoder.beginComputePass({ label });
    encode(pass, opening);
    for (let i = 0; i < steps; i++) encode(pass, step);
    encode(pass, closing);
    pass.end();
  };

/** Sets a pipeline only where it changes. */
export function encode(pass: GPUComputePassEncoder, prepared: readonly Prepared[]): void {
  let current: GPUComputePipeline | undefined;
  for (const { pipeline, group, workgroups } of prepared) {
    if (pipeline !== current) pass.setPipeline(pipeline);
    current = pipeline;
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
  }
}
