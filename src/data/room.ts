import { DataError } from "../errors.ts";

type Memory = typeof Float64Array | typeof Float32Array | typeof Uint32Array;

/** Room for so many numbers. @throws DataError where there is not the memory */
export function room<M extends Memory>(Of: M, where: string, length: number): InstanceType<M> {
  try {
    return new Of(length) as InstanceType<M>;
  } catch (cause) {
    const mib = Math.ceil((length * Of.BYTES_PER_ELEMENT) / 2 ** 20);
    throw new DataError(
      {
        where,
        got: `${mib} MiB of numbers`,
        expected: "as much as there is memory",
        remedy: "leave out rows or columns",
      },
      { cause },
    );
  }
}
