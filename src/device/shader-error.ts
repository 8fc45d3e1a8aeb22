import { DeviceError } from "../errors.ts";
import type { Call } from "../kernels/index.ts";

/** The error for a shader that does not compile: the compiler's messages and the source, its lines numbered. */
export async function shaderError(
  { kernel, variant }: Call,
  source: string,
  module: GPUShaderModule,
  cause: unknown,
): Promise<DeviceError> {
  const { messages } = await module.getCompilationInfo();
  const faults = messages.map(({ type, lineNum, linePos, message }) => `${type} ${lineNum}:${linePos} ${message}`);
  const numbered = source.split("\n").map((line, index) => `${String(index + 1).padStart(4)}  ${line}`);
  return new DeviceError(
    {
      where: `kernel ${kernel} ${JSON.stringify(variant)}`,
      got: `a shader that does not compile: ${[...faults, cause instanceof Error ? cause.message : ""].join("\n")}`,
      expected: `valid WGSL\n${numbered.join("\n")}\n`,
      remedy: "report it with the adapter's name",
    },
    { cause },
  );
}
