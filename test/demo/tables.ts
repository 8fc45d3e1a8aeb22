import { randomNumbers } from "../../demo/src/random.ts";

/** Rows of a number or a class that follows from three columns; a fourth holds text. */
export function tableOf(kind: "number" | "class", rows: number): string {
  const uniform = randomNumbers(7);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = [4 * uniform() - 2, 10 * uniform(), Math.floor(6 * uniform())];
    const value = 3 * a * a - b + 2 * c;
    const label = value > 6 ? "high" : value < 0 ? "low" : "middle, or so";
    return [a.toFixed(4), b.toFixed(3), c, `row ${i}`, kind === "number" ? value.toFixed(4) : `"${label}"`].join(",");
  });
  return ["a,b,c,note,y", ...lines].join("\n");
}
