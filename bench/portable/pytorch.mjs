import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { run } from "../../tools/process.mjs";
import { makeTask, networks } from "../networks.mjs";
import { libraryPath } from "./adapter.mjs";

/**
 * PyTorch beside chainrule, where this machine has a `python3` whose torch sees a CUDA GPU; see pytorch.py.
 *
 * @typedef {object} Python
 * @property {string} path
 * @property {string} torch Its version.
 * @property {string} cuda
 * @property {string} gpu
 */

/** Time in ms for a Python to import torch. */
const IMPORT = 90_000;

/** Methods of pytorch.py, in its order. */
const methods = ["eager", "CUDA graph", "torch.compile"];

const probe = `
import json, torch
assert torch.cuda.is_available(), "torch %s sees no CUDA GPU" % torch.__version__
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda, "gpu": torch.cuda.get_device_name(0)}))`;

/** What a Python and the C compiler that torch.compile calls need. @param {string} scratch */
const environment = (scratch) => ({
  ...process.env,
  PATH: process.env.PATH || "/usr/local/cuda/bin:/usr/local/bin:/usr/bin:/bin",
  LD_LIBRARY_PATH: libraryPath(),
  HOME: process.env.HOME ?? scratch,
  USER: process.env.USER ?? "nobody",
  TORCHINDUCTOR_CACHE_DIR: join(scratch, "inductor"),
  TRITON_CACHE_DIR: join(scratch, "triton"),
});

/** Every `python3` in the usual places, those for machine learning first. */
function pythons() {
  const below = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);
  const folders = [
    ...below("/opt").flatMap((folder) => [folder, join(folder, ".venv"), join(folder, "venv")]),
    "/usr/local",
    "/usr",
  ].map((folder) => join(folder, "bin"));
  const paths = [...(process.env.PATH ?? "").split(":").filter(Boolean), ...folders];
  return [...new Set(paths.map((folder) => join(folder, "python3")))].filter((path) => existsSync(path));
}

/**
 * @param {string} scratch a folder for temporary files
 * @returns {Python | { fault: string }}
 */
export function findPython(scratch) {
  const tried = [];
  for (const path of pythons()) {
    const { status, stdout, stderr, error } = spawnSync(path, ["-c", probe], {
      env: environment(scratch),
      encoding: "utf8",
      timeout: IMPORT,
    });
    if (status === 0) return { path, ...JSON.parse(stdout) };
    tried.push(`${path}: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
  }
  return { fault: `no python3 here has torch with CUDA (${tried.join("; ") || "there is none in the usual places"})` };
}

/**
 * Times PyTorch on the networks whose first losses chainrule has, which PyTorch's must equal.
 * @param {Python} python
 * @param {any[]} measured what measureNetwork gave for each network
 * @param {{ script: string, scratch: string, end: number, seconds: number, rounds: number }} options `end` on the clock of
 * `performance.now()`
 * @returns {Promise<any[]>} a row for each network, method and precision
 */
export async function comparePyTorch(python, measured, { script, scratch, end, seconds, rounds }) {
  const given = [];
  for (const network of networks) {
    const own = measured.find((one) => one.network.name === network.name)?.rows?.find(isOwn);
    if (!own?.losses || own.fault !== undefined) continue;
    const file = join(scratch, `${network.name.replace(" ", "-")}.f32`);
    const { rows, inputs, classes, layers, learningRate } = makeTask(network);
    const parts = [inputs, Float32Array.from(classes), ...layers.flatMap(({ weights, biases }) => [weights, biases])];
    await writeFile(
      file,
      parts.map(({ buffer }) => new Uint8Array(buffer)),
    );
    given.push({ ...network, rows, file, learningRate, losses: own.losses });
  }
  // The interesting ones first, lest time runs out.
  given.reverse();
  const [spec, out] = [join(scratch, "pytorch.json"), join(scratch, "pytorch.jsonl")];
  const left = Math.max(0, end - performance.now());
  const asked = { device: "cuda", networks: given, seconds, rounds, end: (Date.now() + left) / 1000 };
  await writeFile(spec, JSON.stringify(asked));
  await writeFile(out, "");
  const status = await run(python.path, [script, spec, out], { env: environment(scratch), timeout: left });
  const done = (await readFile(out, "utf8"))
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  for (const { file } of given) await rm(file);
  const fault = [0, 124].includes(status) ? "left out: the time is over" : `python3 ended with status ${status}`;
  return measured.flatMap(({ network: { name } }) =>
    methods.flatMap((method) =>
      [false, true].map((tf32) => {
        const row = done.find((one) => one.network === name && one.method === method && one.tf32 === tf32);
        if (row) return row;
        const missing = !given.some((network) => network.name === name);
        return { network: name, method, tf32, fault: missing ? "chainrule has no losses to compare with" : fault };
      }),
    ),
  );
}

const isOwn = ({ name }) => name === "chainrule";
