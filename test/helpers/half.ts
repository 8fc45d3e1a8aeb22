import type { Device } from "../../src/device/open.ts";
import { halfSpacing, roundToHalf } from "../../src/model/float16.ts";
import type { Tolerance, Words } from "./compare.ts";

/** Whether a device has f16. */
export const hasHalf = ({ gpu }: Device): boolean => gpu.features.has("shader-f16");

/** Devices without f16, and what stands in for each. */
const standIns = new WeakMap<GPUDevice, GPUDevice>();

/** A device that takes f32 wherever a shader says f16. */
function withoutHalf(gpu: GPUDevice): GPUDevice {
  const known = standIns.get(gpu);
  if (known) return known;
  const createShaderModule = ({ code, ...rest }: GPUShaderModuleDescriptor) =>
    gpu.createShaderModule({ ...rest, code: code.replace("enable f16;", "").replaceAll(/\bf16\b/g, "f32") });
  const standIn = new Proxy(gpu, {
    get(target, name) {
      if (name === "createShaderModule") return createShaderModule;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  standIns.set(gpu, standIn);
  return standIn;
}

/**
 * What runs kernels of which some operands are f16. Without the feature f32 takes their place: sums and formulas are the same, and
 * what is stored is not rounded, which lies as near to the twin's as a rounding of it.
 */
export function halfOf(device: Device, halves: readonly string[]) {
  const real = hasHalf(device);
  const gpu = real || halves.length === 0 ? device.gpu : withoutHalf(device.gpu);
  return { gpu, isHalf: (name: string) => real && halves.includes(name) };
}

/** What a test's name says of f16 on a device. */
export const halfLabel = (device: Device): string => (hasHalf(device) ? "in f16" : "in f32 in place of f16");

/** Values rounded to f16. */
export const halved = (values: Words): Float32Array<ArrayBuffer> => Float32Array.from(values, roundToHalf);

/** Numbers that f16 has as words, two in each, the first in the lower bits. */
export function encodeHalf(values: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(values.length / 2));
  for (let i = 0; i < values.length; i++)
    words[i >> 1] = (words[i >> 1] ?? 0) | (bitsOf(values[i] ?? 0) << (16 * (i % 2)));
  return words;
}

function bitsOf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  const spacing = halfSpacing(magnitude);
  // Places of a normal number count from 1024, and each exponent adds as many again.
  return sign | (magnitude / spacing + 1024 * Math.log2(spacing * 2 ** 24));
}

/** Smallest normal f16: below it, a GPU may give 0. */
const SMALLEST_NORMAL_HALF = 2 ** -14;

/**
 * How far a number stored as f16 may lie from the twin's, where before rounding it may be wrong by `error`: WGSL lets either
 * neighbour be taken, and small numbers be 0.
 */
export const storedError =
  (expected: ArrayLike<number> | undefined, error: Exclude<Tolerance, number>): Exclude<Tolerance, number> =>
  (index) => {
    const magnitude = Math.abs(expected?.[index] ?? Number.NaN) + error(index);
    return error(index) + (magnitude < SMALLEST_NORMAL_HALF ? SMALLEST_NORMAL_HALF : halfSpacing(magnitude));
  };
