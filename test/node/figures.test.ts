import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { median } from "../../bench/median.mjs";

/** What the benchmark kept of a run, as far as README.md tells it. */
interface Results {
  readonly networks: readonly {
    readonly network: { readonly name: string };
    readonly rows: readonly { readonly name: string; readonly rates?: readonly number[] }[];
  }[];
}

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

it("README.md tells the figures that the benchmark kept", async () => {
  const readme = await read("README.md");
  const path = /\]\((bench\/results\/[^)]+\.json)\)/.exec(readme)?.[1] ?? expect.fail("no link to results");
  const { networks } = JSON.parse(await read(path)) as Results;
  const told = readme.split("\n").filter((line) => /^\| [0-9-]+ b[0-9]+ \|/.test(line));
  expect(told).toEqual(
    networks.map(({ network, rows }) => {
      const rate = (name: string) => median(rows.find((row) => row.name === name)?.rates ?? expect.fail(name));
      const figure = (value: number) => Number(value.toPrecision(3)).toLocaleString("en");
      const times = ["jax-js", "tfjs", "reference"].map((peer) => `${figure(rate("chainrule") / rate(peer))}×`);
      return `| ${[network.name, figure(rate("chainrule")), ...times].join(" | ")} |`;
    }),
  );
});
