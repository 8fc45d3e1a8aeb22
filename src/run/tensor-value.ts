import { PlanError } from "../errors.ts";
import type { ControlValues } from "../kernels/control.ts";
import { decodeHalf } from "../model/float16.ts";
import { refuse } from "../model/options.ts";
import { elementsOf } from "../plan/memory.ts";
import { resolveTensor } from "../plan/resolve.ts";
import type { Plan, Role, Tensor } from "../plan/types.ts";
import type { TensorValue } from "./types.ts";
import { unpackBytes } from "./unpack.ts";

/** A tensor's value out of its words: the rows of the last batch, f16 deltas without their scale. */
export function tensorValue(tensor: Tensor, words: Uint32Array<ArrayBuffer>, control: ControlValues): TensorValue {
  const { dtype, role, batched } = tensor;
  // Of the data those that there are, of the room that they have.
  const rows = role === "data" ? control.dataRows : undefined;
  const first = batched ? control.rows : rows;
  const shape = first === undefined ? tensor.shape : [first, ...tensor.shape.slice(1)];
  const length = elementsOf(shape);
  switch (dtype) {
    case "u8":
      return { shape, data: unpackBytes(new Uint8Array(words.buffer), 0, length) };
    case "u32":
      return { shape, data: words.slice(0, length) };
    case "f32":
      return { shape, data: new Float32Array(words.buffer, words.byteOffset, words.length).slice(0, length) };
    case "f16": {
      const scale = role === "delta" ? control.lossScale : 1;
      return { shape, data: decodeHalf(words, length).map((value) => value / scale) };
    }
  }
}

/** What is there before the first step. */
const given: readonly Role[] = ["data", "parameter", "state", "control"];

/** @throws PlanError for a tensor that only a step writes */
export function checkWritten(plan: Plan, name: string): void {
  const { role, batched } = resolveTensor(plan, name).tensor;
  if (given.includes(role) && !batched) return;
  refuse("read", `tensor "${name}" before a step`, "one that a step has written", "take a step first", PlanError);
}
