import { adapterName } from "./adapter-info.mjs";
import { median } from "./median.mjs";

/**
 * @typedef {object} Report One run in one runtime.
 * @property {string} runtime
 * @property {string} date
 * @property {string} cpu
 * @property {string} system
 * @property {Record<string, string | undefined>} versions
 * @property {{ before: number[], after?: number[] }} load Load averages over 1, 5 and 15 minutes.
 * @property {any[]} networks What measureNetwork gave, or `{ network, fault }`.
 */

/** Four figures, without an exponent. */
export const figures = (value) =>
  value >= 1000 ? Math.round(value).toLocaleString("en-US") : Number(value.toPrecision(3)).toString();

const percent = (value) => `${figures(100 * value)} %`;

function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${figures(value / 1024 ** power)} ${units[power]}`;
}

const svg = "http://www.w3.org/2000/svg";

export const hasTimes = (row) => row.fault === undefined && row.rates?.length > 0;

/** @param {Report} report */
const runtimeOf = ({ networks, runtime }) => networks.find((one) => one.runtime)?.runtime ?? runtime;

/** One line on the adapter, for the table and the chart. @param {Report} report */
export function adapterLine({ networks }) {
  const { adapter } = networks.find((one) => one.adapter) ?? {};
  return adapter ? adapterName(adapter) : "no adapter";
}

/** `<date>-<runtime>-<adapter>` @param {Report} report */
export function slug({ date, runtime, networks }) {
  const { adapter } = networks.find((one) => one.adapter) ?? {};
  const name = adapter?.description || adapter?.architecture || adapter?.vendor || "none";
  const text = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return `${date.slice(0, 10)}-${runtime}-${text}`;
}

/** All that was measured, for a person. @param {Report} report */
export function table(report) {
  const { networks, date, cpu, system, versions, load } = report;
  const average = [load.before, load.after ?? load.before].map(([minute = 0]) => minute.toFixed(2));
  return [
    `${runtimeOf(report)}, ${adapterLine(report)}`,
    `${date.slice(0, 16).replace("T", " ")} UTC, ${cpu}, ${system}, load ${average.join(" before and ")} after`,
    Object.entries(versions)
      .flatMap(([name, version]) => (version ? [`${name} ${version}`] : []))
      .join(", "),
    ...networks.map(networkTable),
  ].join("\n");
}

const headings = [
  "",
  "steps/s",
  "(min … max)",
  "rounds",
  "chainrule is",
  "GFLOP/s",
  "of peak",
  "of copy",
  "dispatches",
  "submits",
  "GPU memory",
  "first step",
  "loss checked: steps, difference",
];

function networkTable({ network, fault, peak, rows, javascriptMicroseconds }) {
  if (fault !== undefined) return `\n${network.name}: ${fault}`;
  const own = rows.find((row) => row.name === "chainrule");
  const lines = rows.map((row) => line(row, network, peak, own)).filter((cells) => cells.length > 0);
  const title = [
    network.name,
    `${figures(network.flops / 1e6)} MFLOP a step`,
    `peak ${figures(peak.flops / 1e9)} GFLOP/s (${figures(peak.loop / 1e9)} in a loop of single ones)`,
    `copy ${figures(peak.bytes / 1e9)} GB/s`,
    ...(javascriptMicroseconds ? [`chainrule's JavaScript ${figures(javascriptMicroseconds)} µs a step`] : []),
  ];
  const faults = rows.filter((row) => !hasTimes(row)).map(({ name, fault }) => `  ${name}: ${fault ?? "not measured"}`);
  return [`\n${title.join(", ")}`, ...align([headings, ...lines]), ...faults].join("\n");
}

/** Lines of a table, the first and the last column to the left. @param {string[][]} lines */
export function align(lines) {
  const [headings = []] = lines;
  const width = (/** @type {number} */ i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0));
  return lines.map((cells) =>
    cells
      .map((cell, i) => (i === 0 || i === headings.length - 1 ? cell.padEnd(width(i)) : cell.padStart(width(i))))
      .join("  ")
      .trimEnd(),
  );
}

function line(row, network, peak, own) {
  if (!hasTimes(row)) return [];
  const rate = median(row.rates);
  const onGpu = row.dispatches !== undefined;
  const few = (value) => (onGpu ? figures(Math.round(100 * value) / 100) : "");
  return [
    row.name,
    figures(rate),
    spread(row),
    rounds(row),
    faster(own, row),
    figures((rate * network.flops) / 1e9),
    onGpu ? percent((rate * network.flops) / peak.flops) : "",
    onGpu ? percent((rate * network.bytes) / peak.bytes) : "",
    few(row.dispatches),
    few(row.submits),
    onGpu ? bytes(row.bytes) : "",
    `${figures(row.firstStepSeconds)} s`,
    [checked(row.agreement) ?? "nobody to compare with", checked(row.finalAgreement) ?? "finite"].join("; "),
  ];
}

export const spread = ({ rates }) => `(${figures(Math.min(...rates))} … ${figures(Math.max(...rates))})`;
export const rounds = ({ rates, stepsPerRound }) => `${rates.length} × ${stepsPerRound}`;
/** How many times as fast as a row chainrule's own is. */
export const faster = (own, row) =>
  row === own || !own || !hasTimes(own) ? "" : `${figures(median(own.rates) / median(row.rates))}×`;

export const checked = (agreement) =>
  agreement && `${agreement.steps}, ${agreement.difference.toExponential(0)} (${agreement.judge})`;

/** An SVG of steps a second, a panel a network: the median, and the span of the rounds. @param {Report} report */
export async function chart(report) {
  const Plot = await import("@observablehq/plot");
  const { parseHTML } = await import("linkedom");
  const { document } = parseHTML("<html><body></body></html>");
  const rows = report.networks.flatMap(({ network, rows = [] }) =>
    rows.filter(hasTimes).map(({ name, rates }) => ({
      network: network.name,
      name,
      rate: median(rates),
      least: Math.min(...rates),
      most: Math.max(...rates),
    })),
  );
  const names = [...new Set(rows.map(({ name }) => name))];
  const position = { y: "name", fy: "network" };
  const plot = Plot.plot({
    document,
    width: 900,
    height: 90 + 26 * names.length * new Set(rows.map(({ network }) => network)).size,
    marginLeft: 80,
    marginRight: 190,
    marginTop: 50,
    x: {
      type: "log",
      label: "training steps a second (log scale)",
      grid: true,
      tickFormat: "~g",
      insetLeft: 24,
      insetRight: 24,
    },
    y: { domain: names, label: null },
    fy: { label: null, domain: report.networks.map(({ network }) => network.name) },
    color: { domain: names },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      Plot.link(rows, { ...position, x1: "least", x2: "most", y1: "name", y2: "name", stroke: "name", strokeWidth: 2 }),
      Plot.dot(rows, { ...position, x: "rate", fill: "name", r: 4 }),
      Plot.text(rows, { ...position, x: "rate", text: ({ rate }) => figures(rate), dy: -8 }),
    ],
  });
  plot.setAttribute("xmlns", svg);
  plot.setAttribute("style", "background: white; color: black; font: 12px sans-serif");
  const titles = [`${runtimeOf(report)}, ${adapterLine(report)}`, `${report.date.slice(0, 10)}, ${report.cpu}`];
  titles.forEach((content, i) => {
    const text = document.createElementNS(svg, "text");
    for (const [name, value] of Object.entries({ x: 8, y: 18 + 16 * i, "text-anchor": "start" })) {
      text.setAttribute(name, value);
    }
    text.textContent = content;
    plot.append(text);
  });
  return `${plot.outerHTML}\n`;
}
