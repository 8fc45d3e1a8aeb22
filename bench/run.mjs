import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chooseAdapter } from "../tools/adapter.mjs";
import { denoEnvironment, denoFlags, denoPath } from "../tools/deno.mjs";
import { run } from "../tools/process.mjs";
import { measureApart } from "./apart.mjs";
import { readAsked } from "./asked.mjs";
import { contestants } from "./contestants/index.mjs";
import { installPeers } from "./install.mjs";
import { networks } from "./networks.mjs";
import { chart, slug, table } from "./report.mjs";
import { describeMachine, readVersions } from "./system.mjs";

/**
 * Measures chainrule beside its peers; see README.md. One process for each runtime and network, so that none finds
 * pipelines or memory that another left, and one that hangs costs its own row only.
 */

const usage = `npm run bench -- [options]
  --runtime node,deno,browser   where to measure; all three
  --network 784,64-64           networks whose names begin so; all but the large ones
  --contestant chainrule,tfjs   whom to measure; all of ${Object.keys(contestants).join(", ")}
  --large                       the large networks too, for a real GPU
  --sweep                       only what 64 variants of 2-8-2 at once cost beside one run, in Node: npm run bench:sweep
  --javascript                  only the time of chainrule's own code, in Node: npm run bench:javascript
  --seconds 2                   least time for each contestant and network, over all rounds
  --rounds 4                    least rounds
  --agree 4                     most seconds for each contestant's first 50 steps, whose losses are compared
  --limit 15                    minutes, after which nothing new is begun
  --save                        writes bench/results/<date>-<runtime>-<adapter>.json and a chart beside each
  --out FILE                    writes all that was measured to FILE, and a chart of each runtime beside it`;

const bench = fileURLToPath(new URL(".", import.meta.url));
/** What starts the program that measures in each. */
const runtimes = {
  node: () => [process.execPath, join(bench, "runtimes/native.mjs")],
  deno: () => [denoPath(), "run", "-A", ...denoFlags, join(bench, "runtimes/native.mjs")],
  browser: () => [process.execPath, join(bench, "runtimes/browser.mjs")],
};

const options = readAsked(usage, readOptions);
if (options?.sweep) await runAlone("sweep.mjs", [String(options.seconds), String(options.rounds)], options);
else if (options?.javascript) {
  await runAlone(
    "javascript-time.mjs",
    options.networks.map(({ name }) => name),
    options,
  );
} else if (options) await main(options);

/** @throws {Error} where nothing makes sense of it, without a message for help */
function readOptions() {
  const { values } = parseArgs({
    options: {
      runtime: { type: "string", default: Object.keys(runtimes).join() },
      network: { type: "string", default: "" },
      contestant: { type: "string", default: Object.keys(contestants).join() },
      large: { type: "boolean", default: false },
      sweep: { type: "boolean", default: false },
      javascript: { type: "boolean", default: false },
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "4" },
      agree: { type: "string", default: "4" },
      limit: { type: "string", default: "15" },
      save: { type: "boolean", default: false },
      out: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) throw new Error();
  const number = (name) => {
    if (Number(values[name]) > 0) return Number(values[name]);
    throw new Error(`bench: --${name} is "${values[name]}"; give a number above 0.`);
  };
  const list = (name, known) => {
    const names = values[name].split(",").map((one) => one.trim());
    const unknown = names.find((one) => !known.includes(one));
    if (unknown === undefined) return names;
    throw new Error(`bench: --${name} has "${unknown}", but there are ${known.join(", ")}.`);
  };
  const beginnings = values.network.split(",").map((one) => one.trim());
  const chosen = networks.filter(
    ({ name, large }) => beginnings.some((one) => name.startsWith(one)) && (values.large || !large),
  );
  if (chosen.length === 0) throw new Error(`bench: --network "${values.network}" names none of the networks.`);
  return {
    runtimes: list("runtime", Object.keys(runtimes)),
    contestants: list("contestant", Object.keys(contestants)),
    networks: chosen,
    seconds: number("seconds"),
    rounds: number("rounds"),
    agree: number("agree"),
    limit: 60_000 * number("limit"),
    sweep: values.sweep,
    javascript: values.javascript,
    save: values.save,
    out: values.out,
  };
}

/** Runs a program that measures something else. @param {string} program @param {string[]} args @param {{ limit: number }} options */
async function runAlone(program, args, { limit }) {
  const { buildLibrary } = await import("./build.mjs");
  await buildLibrary();
  const adapter = await chooseAdapter();
  console.log(`adapter: ${adapter.line}`);
  const env = { ...process.env, ...adapter.environment };
  process.exitCode = await run(process.execPath, [join(bench, program), ...args], { env, timeout: limit });
}

async function main({ limit, save, out, ...wanted }) {
  const end = performance.now() + limit;
  await installPeers();
  // After that, since it takes Vite from there as well as from the library.
  const { buildLibrary, buildPage } = await import("./build.mjs");
  await buildLibrary();
  if (wanted.runtimes.includes("browser")) await buildPage();
  const adapter = await chooseAdapter();
  const system = { ...describeMachine(), versions: await readVersions() };
  console.log(`adapter: ${adapter.line}\n`);

  const scratch = await mkdtemp(join(tmpdir(), "chainrule-bench-"));
  /** @type {import("./report.mjs").Report[]} */
  const reports = [];
  try {
    for (const runtime of wanted.runtimes) {
      /** @type {import("./report.mjs").Report} */
      const report = { runtime, ...system, load: { before: loadavg() }, networks: [] };
      reports.push(report);
      const { contestants, seconds, rounds, agree } = wanted;
      const env = { ...process.env, ...adapter.environment, ...denoEnvironment };
      for (const { name } of wanted.networks) {
        console.log(`${runtime} ${name}`);
        const command = /** @type {Record<string, () => string[]>} */ (runtimes)[runtime]?.() ?? [];
        const asked = { network: name, contestants, seconds, rounds, agree };
        report.networks.push(await measureApart(command, asked, { env, file: join(scratch, "result.json"), end }));
      }
      report.load.after = loadavg();
      console.log(`\n${table(report)}\n`);
      if (save) await store(join(bench, "results", slug(report)), report, [report]);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  if (out !== undefined) await store(out.replace(/\.json$/, ""), reports, reports);
  const faults = reports.flatMap(({ networks }) => networks.flatMap(({ fault, rows = [] }) => [{ fault }, ...rows]));
  // What chainrule itself does wrong fails the run; a peer's fault is in the table.
  const own = faults.some(({ name, fault }) => fault !== undefined && [undefined, "chainrule"].includes(name));
  process.exitCode = own ? 1 : 0;
}

async function store(path, value, reports) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.json`, `${JSON.stringify(value, null, 2)}\n`);
  for (const report of reports) {
    const name = reports.length === 1 ? path : `${path}-${report.runtime}`;
    await writeFile(`${name}.svg`, await chart(report));
    console.log(`${name}.svg`);
  }
  console.log(`${path}.json`);
}
