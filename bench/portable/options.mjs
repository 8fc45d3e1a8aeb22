import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { readAsked } from "../asked.mjs";
import { networks } from "../networks.mjs";
import { files } from "./files.mjs";

export const parts = ["suite", "benchmark", "pytorch"];

const usage = `./run [options]
  --swiftshader          on the CPU, without a GPU; also CHAINRULE_ADAPTER=swiftshader
  --minutes 8.5          after which nothing new is begun and what runs is ended
  --only ${parts.join()}
  --test layer,budget    files of the suite whose names hold one of these; all
  --network 784,64-64    networks whose names begin so; all, but on software not the large ones
  --seconds 2            least time for each contestant and network, over all rounds
  --rounds 4             least rounds
  --out FOLDER           for results.json, results.svg and summary.txt; $OUT, or else ./results`;

const list = (text) => text.split(",").map((one) => one.trim());

/** What was asked for on the command line, or undefined where that was help, or nothing that makes sense. */
export const readOptions = () => readAsked(usage, read);

function read() {
  const { values } = parseArgs({
    options: {
      swiftshader: { type: "boolean", default: process.env.CHAINRULE_ADAPTER === "swiftshader" },
      minutes: { type: "string", default: "8.5" },
      only: { type: "string", default: parts.join() },
      test: { type: "string", default: "" },
      network: { type: "string", default: "" },
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "4" },
      out: { type: "string", default: process.env.OUT || "results" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) throw new Error();
  const number = (name) => {
    if (Number(values[name]) > 0) return Number(values[name]);
    throw new Error(`run: --${name} is "${values[name]}"; give a number above 0.`);
  };
  const only = list(values.only);
  const unknown = only.find((one) => !parts.includes(one));
  if (unknown !== undefined) throw new Error(`run: --only has "${unknown}", but there are ${parts.join(", ")}.`);
  if (only.includes("pytorch") && !only.includes("benchmark")) {
    throw new Error("run: --only has pytorch without benchmark, whose losses PyTorch's must equal; name both.");
  }
  const tests = Object.keys(files).filter((file) => list(values.test).some((one) => file.includes(one)));
  if (tests.length === 0) throw new Error(`run: --test "${values.test}" names none of the files.`);
  const chosen = networks.filter(
    ({ name, large }) => list(values.network).some((one) => name.startsWith(one)) && !(large && values.swiftshader),
  );
  if (chosen.length === 0) throw new Error(`run: --network "${values.network}" names none of the networks.`);
  return {
    only,
    tests,
    networks: chosen,
    out: resolve(values.out),
    software: values.swiftshader,
    time: 60_000 * number("minutes"),
    seconds: number("seconds"),
    rounds: number("rounds"),
  };
}
