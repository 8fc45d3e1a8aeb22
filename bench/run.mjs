import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, loadavg, release, tmpdir, type } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chooseAdapter } from "../tools/adapter.mjs";
import { run } from "../tools/process.mjs";
import { contestants } from "./contestants/index.mjs";
import { networks } from "./networks.mjs";
import { chart, slug, table } from "./report.mjs";

/**
 * Measures chainrule beside its peers; see README.md. One process for each runtime and network, so that none finds
 * pipelines or memory that another left, and one that hangs costs its own row only.
 */

const usage = `npm run bench -- [options]
  --runtime node,deno,browser   where to measure; all three
  --network 784,64-64           networks whose names begin so; all but the large ones
  --contestant chainrule,tfjs   whom to measure; all of ${Object.keys(contestants).join(", ")}
  --large                       the large networks too, for a real GPU
  --seconds 2                   least time for each contestant and network, over all rounds
  --rounds 4                    least rounds
  --limit 15                    minutes, after which nothing new is begun
  --save                        writes bench/results/<date>-<runtime>-<adapter>.json and a chart beside each
  --out FILE                    writes all that was measured to FILE, and a chart of each runtime beside it`;

/** Time in ms for one network in one runtime. */
const MOST = 180_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const bench = join(root, "bench");
const require = createRequire(import.meta.url);
const deno = ["run", "-A", "--no-lock", "--node-modules-dir=manual", "--cached-only"];
const runtimes = {
  node: [join(bench, "runtimes/native.mjs")],
  deno: [require.resolve("deno/bin.cjs"), ...deno, join(bench, "runtimes/native.mjs")],
  browser: [join(bench, "runtimes/browser.mjs")],
};

const options = readOptions();
if (options) await main(options);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        runtime: { type: "string", default: Object.keys(runtimes).join() },
        network: { type: "string", default: "" },
        contestant: { type: "string", default: Object.keys(contestants).join() },
        large: { type: "boolean", default: false },
        seconds: { type: "string", default: "2" },
        rounds: { type: "string", default: "4" },
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
      limit: 60_000 * number("limit"),
      save: values.save,
      out: values.out,
    };
  } catch (error) {
    console.error([error.message, usage].filter(Boolean).join("\n\n"));
    process.exitCode = error.message ? 2 : 0;
    return undefined;
  }
}

async function main({ limit, save, out, ...wanted }) {
  const end = performance.now() + limit;
  if (!existsSync(join(bench, "node_modules"))) await install();
  // After that, since it takes Vite from there as well as from the library.
  const { buildLibrary, buildPage } = await import("./build.mjs");
  await buildLibrary();
  if (wanted.runtimes.includes("browser")) await buildPage();
  const adapter = await chooseAdapter();
  const system = await describeSystem();
  console.log(`adapter: ${adapter.line}\n`);

  const scratch = await mkdtemp(join(tmpdir(), "chainrule-bench-"));
  const reports = [];
  try {
    for (const runtime of wanted.runtimes) {
      const report = { runtime, ...system, load: { before: loadavg() }, networks: [] };
      reports.push(report);
      for (const network of wanted.networks) {
        const time = Math.floor(Math.min(MOST, end - performance.now()));
        report.networks.push(await measure(runtime, network, wanted, adapter, join(scratch, "result.json"), time));
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

async function install() {
  const args = ["ci", "--prefix", bench, "--ignore-scripts", "--no-audit", "--no-fund"];
  if ((await run("npm", args, { timeout: 300_000 })) !== 0) throw new Error("bench: npm ci failed in bench/.");
}

/** @returns what the child measured, or why there is nothing */
async function measure(runtime, network, { contestants, seconds, rounds }, adapter, file, time) {
  const none = (fault) => ({ network: { name: network.name }, fault });
  if (time <= 0) return none("not measured: the time is over, see --limit");
  console.log(`${runtime} ${network.name}`);
  await rm(file, { force: true });
  const asked = JSON.stringify({ network: network.name, contestants, seconds, rounds });
  const env = { ...process.env, ...adapter.environment, DENO_NO_UPDATE_CHECK: "1" };
  const status = await run(process.execPath, [...runtimes[runtime], asked, file], { env, timeout: time });
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text !== undefined) return JSON.parse(text);
  return none(status === 124 ? `not done in ${Math.round(time / 1000)} s` : `ended with status ${status}, see above`);
}

async function describeSystem() {
  const version = async (path) => JSON.parse(await readFile(path, "utf8")).version;
  const installed = (name) => version(join(bench, "node_modules", name, "package.json"));
  const { model } = cpus()[0] ?? { model: "unknown" };
  return {
    date: new Date().toISOString(),
    cpu: `${cpus().length} × ${model.trim()}`,
    system: `${type()} ${release().split("-")[0]}`,
    versions: {
      chainrule: await version(join(root, "package.json")),
      commit: commit(),
      tfjs: await installed("@tensorflow/tfjs"),
      "jax-js": await installed("@jax-js/jax"),
      "webgpu (Dawn for Node)": await version(join(root, "node_modules/webgpu/package.json")),
    },
  };
}

/** The commit that was measured, with a + where files had changed since. */
function commit() {
  try {
    const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--", "src", "shaders") ? "+" : "");
  } catch {
    return undefined;
  }
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
