import type { Twin } from "./types.ts";

/** c = a b (+ bias). */
export const matmul: Twin<"matmul"> = ({ variant, dims, bind }, { control, numbers }) => {
  const { transposeA, transposeB } = variant;
  const rows = transposeA ? dims.rows : control.rows;
  const inner = transposeA ? control.rows : dims.inner;
  const { columns } = dims;
  const [a, b, c] = [numbers(bind.a), numbers(bind.b), numbers(bind.c)];
  const bias = variant.bias ? numbers(bind.bias) : undefined;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        const left = a[transposeA ? k * rows + i : i * inner + k] as number;
        const right = b[transposeB ? j * dims.inner + k : k * columns + j] as number;
        sum += left * right;
      }
      c[i * columns + j] = sum + (bias?.[j] ?? 0);
    }
  }
};
