import { bytesText } from "../../bytes.ts";
import { count } from "../../format.ts";

/** A limit that matters to training. */
export interface Limit {
  readonly name: Extract<
    keyof GPUSupportedLimits,
    | "maxBufferSize"
    | "maxStorageBufferBindingSize"
    | "maxStorageBuffersPerShaderStage"
    | "maxComputeWorkgroupStorageSize"
    | "maxComputeInvocationsPerWorkgroup"
    | "maxComputeWorkgroupSizeX"
    | "maxComputeWorkgroupsPerDimension"
  >;
  readonly title: string;
  /** What it bounds. */
  readonly bounds: string;
  /** What every device with WebGPU has. */
  readonly everywhere: number;
  readonly bytes: boolean;
}

const IMAGE_BYTES = 4 * 784;

export const limits: readonly Limit[] = [
  {
    name: "maxBufferSize",
    title: "A buffer",
    bounds: "the largest data set that can be kept on the GPU",
    everywhere: 256 * 2 ** 20,
    bytes: true,
  },
  {
    name: "maxStorageBufferBindingSize",
    title: "A tensor that a kernel sees",
    bounds: "rows times columns of any one tensor, at 4 bytes a number",
    everywhere: 128 * 2 ** 20,
    bytes: true,
  },
  {
    name: "maxStorageBuffersPerShaderStage",
    title: "Tensors in one kernel",
    bounds: "how many formulas can be joined into one dispatch",
    everywhere: 8,
    bytes: false,
  },
  {
    name: "maxComputeWorkgroupStorageSize",
    title: "Memory that a workgroup shares",
    bounds: "the network whose whole step fits into one dispatch, and the tiles of a matrix product",
    everywhere: 16 * 2 ** 10,
    bytes: true,
  },
  {
    name: "maxComputeInvocationsPerWorkgroup",
    title: "Threads of a workgroup",
    bounds: "how many numbers are added up without going through memory",
    everywhere: 256,
    bytes: false,
  },
  {
    name: "maxComputeWorkgroupSizeX",
    title: "Threads in a line",
    bounds: "the longest row that one workgroup sums at once",
    everywhere: 256,
    bytes: false,
  },
  {
    name: "maxComputeWorkgroupsPerDimension",
    title: "Workgroups in a line",
    bounds: "how much of a layer one dispatch covers before it needs a second dimension",
    everywhere: 65_535,
    bytes: false,
  },
];

/** `4.0 GiB`, `1,024` */
export const limitText = ({ bytes }: Limit, value: number): string => (bytes ? bytesText(value) : count(value));

/** Rows of 28 × 28 float32 pixels that fit into one tensor. */
export const imagesOf = (bytes: number): number => Math.floor(bytes / IMAGE_BYTES);

/** What the library does with a feature. */
export const featureUses: Readonly<Record<string, string>> = {
  "shader-f16": "activations and deltas in half the memory",
  subgroups: "lanes hand each other numbers without going through memory",
  "timestamp-query": "kernels can be timed on the GPU itself",
};
