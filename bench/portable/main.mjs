import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { denoEnvironment, denoFlags } from "../../tools/deno.mjs";
import { adapterName } from "../adapter-info.mjs";
import { measureApart } from "../apart.mjs";
import { contestants } from "../contestants/index.mjs";
import { chart } from "../report.mjs";
import { describeMachine } from "../system.mjs";
import { driverVersion, findAdapter } from "./adapter.mjs";
import { readOptions } from "./options.mjs";
import { comparePyTorch, findPython } from "./pytorch.mjs";
import { runSuite } from "./suite-run.mjs";
import { summary } from "./summary.mjs";

/** What `./run` in the archive starts: the correctness suite, the benchmark and PyTorch, within the time that it is given. */

/** Share of the time after which a part is ended where others follow. */
const SHARES = { suite: 0.5, benchmark: 0.7 };

const root = fileURLToPath(new URL(".", import.meta.url));
const isDeno = "Deno" in globalThis;
const flags = isDeno ? ["run", "-A", ...denoFlags] : [];
/** What starts a program of the archive. */
const program = (name) => [process.execPath, ...flags, join(root, name)];

const options = readOptions();
if (options) await main(options);

async function main(given) {
  const scratch = await mkdtemp(join(tmpdir(), "chainrule-gpu-"));
  const path = (name) => join(given.out, name);
  const save = (report) => writeFile(path("results.json"), `${JSON.stringify(report, null, 2)}\n`);
  try {
    await mkdir(given.out, { recursive: true });
    const report = await runAll(given, scratch, save);
    const text = summary(report);
    await writeFile(path("summary.txt"), text);
    if (report.networks.some(({ rows }) => rows)) await writeFile(path("results.svg"), await chart(report));
    console.log(`\n${text}\n${given.out}`);
    process.exitCode = isWell(report) ? 0 : 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @returns {Promise<any>} a report that is saved after each part, lest the machine goes away */
async function runAll({ only, tests, networks, software, time, seconds, rounds }, scratch, save) {
  const began = performance.now();
  const runtime = isDeno ? `Deno ${globalThis.Deno.version.deno}` : `Node ${process.versions.node}`;
  const versions = JSON.parse(await readFile(join(root, "versions.json"), "utf8"));
  /** @type {any} */
  const report = { runtime, ...describeMachine(), versions, driver: driverVersion(), networks: [] };
  const keep = async () => {
    report.seconds = (performance.now() - began) / 1000;
    report.load = { before: report.load?.before ?? loadavg(), after: loadavg() };
    await save(report);
  };
  await keep();

  const found = await findAdapter({ command: program("probe.mjs"), root, scratch, software });
  Object.assign(report, found);
  await keep();
  if (found.fault !== undefined) return report;
  console.log(`adapter: ${adapterName(found.adapter)}, found by: ${found.how}`);
  if (only.includes("pytorch")) report.pytorch = findPython(scratch);
  const follows = { suite: only.length > 1, benchmark: report.pytorch?.path !== undefined };
  const endOf = (part) => began + time * (follows[part] ? SHARES[part] : 1);
  const env = { ...process.env, ...found.environment, ...denoEnvironment };

  if (only.includes("suite")) {
    report.suite = await runSuite(tests, { command: program("suite.mjs"), env, scratch, end: endOf("suite") });
    await keep();
  }
  if (only.includes("benchmark")) {
    for (const { name } of networks) {
      console.log(name);
      const asked = { network: name, contestants: Object.keys(contestants), seconds, rounds };
      const how = { env, file: join(scratch, "network.json"), end: endOf("benchmark") };
      report.networks.push(await measureApart(program("native.mjs"), asked, how));
      await keep();
    }
  }
  if (follows.benchmark) {
    const how = { script: join(root, "pytorch.py"), scratch, end: endOf("pytorch"), seconds, rounds };
    report.pytorch.rows = await comparePyTorch(report.pytorch, report.networks, how);
    await keep();
  }
  return report;
}

/** Whether every test ran and passed, and chainrule was measured on every network. */
function isWell({ fault, suite = [], networks }) {
  const own = networks.flatMap(({ rows = [] }) => rows.filter(({ name }) => name === "chainrule"));
  return [{ fault }, ...suite, ...networks, ...own].every((one) => one.fault === undefined && !one.failed);
}
