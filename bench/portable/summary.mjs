import { adapterName } from "../adapter-info.mjs";
import { median } from "../median.mjs";
import { align, checked, faster, figures, hasTimes, rounds, spread, table } from "../report.mjs";
import { countSuite, suiteLine } from "./suite-run.mjs";

/** All that a run found, for a person. @param {any} report */
export function summary(report) {
  if (report.fault !== undefined) return [report.fault, ...report.tried.map((one) => `  ${one}`), ""].join("\n");
  return [
    `adapter: ${adapterName(report.adapter)}`,
    `found by: ${report.how}`,
    `driver: ${report.driver ?? "told by the adapter alone"}`,
    "",
    "== correctness suite",
    ...suiteLines(report.suite),
    "",
    "== benchmark",
    report.networks.length > 0 ? table(report) : "not asked for",
    "",
    "== PyTorch",
    ...pytorchLines(report),
    "",
    `${(report.seconds / 60).toFixed(1)} minutes`,
    "",
  ].join("\n");
}

function suiteLines(results) {
  if (!results) return ["not asked for"];
  const { passed, failed, skipped, filesWithoutResult } = countSuite(results);
  const bad = results.filter((result) => result.fault !== undefined || result.failed > 0);
  return [
    `${passed} passed, ${failed} failed, ${skipped} skipped, in ${results.length} files; ${filesWithoutResult} files without result`,
    ...bad.flatMap((result) => [
      suiteLine(result),
      ...(result.failures ?? []).map(({ name, message }) => `  ${name}: ${message}`),
    ]),
  ];
}

const headings = [
  "",
  "method",
  "TF32",
  "steps/s",
  "(min … max)",
  "rounds",
  "chainrule is",
  "loss checked: steps, difference",
];

function pytorchLines({ pytorch, networks }) {
  if (!pytorch) return ["not asked for"];
  if (pytorch.fault !== undefined) return [pytorch.fault];
  const { path, torch, cuda, gpu, rows } = pytorch;
  const lines = rows.filter(hasTimes).map((row) => {
    const own = networks
      .find(({ network }) => network.name === row.network)
      ?.rows?.find(({ name }) => name === "chainrule");
    const rate = figures(median(row.rates));
    const tf32 = row.tf32 ? "on" : "off";
    return [row.network, row.method, tf32, rate, spread(row), rounds(row), faster(own, row), checked(row.agreement)];
  });
  const faults = rows.filter((row) => !hasTimes(row));
  return [
    `torch ${torch}, CUDA ${cuda}, ${gpu}, ${path}`,
    ...align([headings, ...lines]),
    ...faults.map(
      ({ network, method, tf32, fault }) => `  ${network}, ${method}, TF32 ${tf32 ? "on" : "off"}: ${fault}`,
    ),
  ];
}
