import { DeviceError } from "../errors.ts";
import type { Call } from "../kernels/index.ts";

/** The error for a shader that does not compile. Its cause holds the compiler's messages and the source, its lines numbered. */
export async function shaderError(
  { kernel, variant }: Call,
  source: string,
  module: GPUShaderModule,
  cause: unknown,
): Promise<DeviceError> {
  const { messages } = await module.getCompilationInfo();
  const faults = messages.map(({ type, lineNum, linePos, message }) => `${type} ${lineNum}:${linePos} ${message}`);
  if (cause instanceof Error) faults.push(cause.message);
  const numbered = source.split("\n").map((line, index) => `${String(index + 1).padStart(4)}  ${line}`);
  const log = [`kernel ${kernel} ${JSON.stringify(variant)}`, ...faults, ...numbered].join("\n");
  return new DeviceError(
    {
      where: `kernel ${kernel}`,
      got: `a shader that does not compile: ${faults[0]}`,
      expected: "valid WGSL",
      remedy:
        "report it with its cause, which holds the compiler's messages and the source, and with the adapter's name",
    },
    { cause: new Error(log, { cause }) },
  );
}
