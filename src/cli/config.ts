import type { Command, Option } from "commander";
import { isPlainJson } from "../data/nesting.ts";
import { ChainruleError, DataError } from "../errors.ts";
import { remedyForName } from "../model/nearest.ts";
import { refuse, show } from "../model/options.ts";
import { readBytes } from "./reading.ts";

/**
 * Takes the options of a command from a file of JSON, `{ "layers": "64,32", "learning-rate": 0.1 }`, whose keys are their long
 * names. Each value goes to the reader of its flag, and one that the command line gives too stays as it is there.
 * @param folder that the path leads from
 * @throws DataError that names the file and the key
 */
export function applyConfig(command: Command, path: string, folder?: string): void {
  const known = command.options.filter((option) => !ofCommandLine.includes(nameOf(option)));
  const names = known.map(nameOf);
  const config = readObject(path, folder);
  // Not its entries, of which there may be millions.
  for (const key of Object.keys(config)) {
    const option = known.find((one) => nameOf(one) === key);
    if (option === undefined) {
      const remedy = ofCommandLine.includes(key)
        ? `leave it out, and give --${key} on the command line`
        : remedyForName(key, names, "leave it out");
      refuse(path, `key ${show(key)}`, `options of ${command.name()}: ${names.join(", ")}`, remedy, DataError);
    }
    const read = readValue(option, config[key], `${path}: ${show(key)}`);
    const name = option.attributeName();
    if (command.getOptionValueSource(name) !== "cli") command.setOptionValueWithSource(name, read, "config");
  }
}

/** What a configuration, which may come from anybody, does not decide: which files are read and written. */
const ofCommandLine: readonly string[] = ["config", "out", "force", "tune"];

/** Of a configuration: names of columns to ignore are what can be many. */
const MOST_BYTES = 2 ** 24;

const nameOf = ({ long }: Option): string => (long ?? "").replace(/^--/, "");

function readObject(path: string, folder?: string): Readonly<Record<string, unknown>> {
  const bytes = readBytes(path, folder);
  const expected = 'a JSON object of options, such as {"layers": "64,32"}';
  if (bytes.length > MOST_BYTES) {
    refuse(path, `${bytes.length} bytes`, `${expected}, of at most ${MOST_BYTES}`, "give another file", DataError);
  }
  let value: unknown;
  let plain = true;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    plain = isPlainJson(text);
    if (plain) value = JSON.parse(text);
  } catch (error) {
    refuse(path, `no JSON (${(error as Error).message})`, expected, "mend the file", DataError);
  }
  if (!plain) refuse(path, "lists or objects in others, which no option has", expected, "mend the file", DataError);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return refuse(path, show(value), expected, "give an object", DataError);
}

function readValue(option: Option, value: unknown, where: string): unknown {
  if (typeof value !== "string" && typeof value !== "number") {
    refuse(where, show(value), "text or a number", `give it as --${nameOf(option)} takes it`, DataError);
  }
  const text = String(value);
  if (!option.parseArg) return text;
  try {
    return option.parseArg(text, undefined);
  } catch (error) {
    if (!(error instanceof ChainruleError)) throw error;
    return refuse(where, error.got, error.expected, error.remedy, DataError);
  }
}
