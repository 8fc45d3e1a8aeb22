import { loadDigits, PIXELS, SIDE } from "../../digits.ts";
import { randomNormals, randomNumbers } from "../../random.ts";

/** Tables to try the page with. */
export interface Sample {
  readonly name: string;
  readonly file: string;
  readonly title: string;
  readonly about: string;
  /** @returns the table as CSV */
  make(): string | Promise<string>;
}

export const samples: readonly Sample[] = [
  {
    name: "houses",
    file: "houses.csv",
    title: "House prices",
    about: "800 made-up houses: a number to predict",
    make: houses,
  },
  {
    name: "digits",
    file: "digits.csv",
    title: "Handwritten digits",
    about: "1,797 images of 8×8 pixels: ten classes",
    make: digits,
  },
];

const HOUSES = 800;

/** Houses whose price follows from their size, age and place, not in a straight line and not without chance. */
function houses(): string {
  const uniform = randomNumbers(20);
  const normals = randomNormals(uniform);
  const rows = Array.from({ length: HOUSES }, () => {
    const area = Math.round(45 + 200 * uniform() ** 1.5);
    const rooms = Math.max(1, Math.round(area / 28 + normals()[0] * 0.7));
    const age = Math.round(110 * uniform() ** 1.4);
    const distance = Math.round(10 * 25 * uniform() ** 1.3) / 10;
    const garden = uniform() < 0.45 ? Math.round(60 + 500 * uniform()) : 0;
    // Old houses are dear again, and land counts for less far out.
    const charm = age > 80 ? (age - 80) * 1.1 : 0;
    const near = Math.exp(-distance / 9);
    const worth = 70 + area * (1.6 + 2.4 * near) + 9 * rooms - 0.7 * age + charm + garden * 0.22 * (0.3 + near);
    const price = Math.round(10 * worth * (1 + 0.05 * normals()[0])) / 10;
    return [area, rooms, age, distance, garden, price].join(",");
  });
  return ["area,rooms,age,distance,garden,price", ...rows].join("\n");
}

/** The bundled digits as the table that the command line is shown with. */
async function digits(): Promise<string> {
  const { rows, pixels, labels } = await loadDigits();
  const names = Array.from({ length: PIXELS }, (_, i) => `pixel${Math.floor(i / SIDE)}${i % SIDE}`);
  const lines = Array.from({ length: rows }, (_, row) =>
    [...pixels.subarray(row * PIXELS, (row + 1) * PIXELS), labels[row]].join(","),
  );
  return [[...names, "digit"].join(","), ...lines].join("\n");
}
