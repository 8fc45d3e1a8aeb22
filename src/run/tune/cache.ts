import { version } from "../../../package.json";
import type { Device } from "../../device/open.ts";
import { runtimeVersion } from "../../device/runtime.ts";
import { show } from "../../model/options.ts";
import { allows, attempts, type Choice, type ChoiceLimits, productText, type Tunable } from "../../plan/tiles.ts";

/** What is kept of a product. */
export interface Kept {
  readonly choice: Choice;
  /** Attempts made so far, of those that there are. */
  readonly tried: number;
}

/** A device, of which only the adapter matters here. */
type Adapted = Pick<Device, "adapter">;

/** Of what is kept and how; raised when either changes. */
const FORMAT = 2;

/** The longest text in letters that this library writes; none is read that is longer. */
const LONGEST = 8192;

/** What an entry is only good for. A field that differs makes it of no use. */
const headerOf = ({ adapter }: Adapted, step: Tunable) => ({
  format: FORMAT,
  library: version,
  adapter: adapter.model,
  driver: adapter.driver,
  runtime: runtimeVersion(),
  product: productText(step),
});

/** Why an entry is of no use whose header says `got` where this device and product have `expected`. */
const differs = (name: string, got: unknown, expected: unknown): string => {
  if (name === "product") return "foreign: of another product";
  return `${name === "adapter" ? "foreign" : "stale"}: of ${name} ${show(got)}, here it is ${show(expected)}`;
};

/** Where a product's choice is kept: the same place whatever driver and version, so that what is stale is replaced. */
export const cacheKey = ({ adapter }: Adapted, step: Tunable): string =>
  `chainrule tune: ${adapter.model}: ${productText(step)}`;

/** What is kept under `cacheKey`. */
export const encodeKept = (device: Adapted, step: Tunable, { choice, tried }: Kept): string =>
  JSON.stringify({ ...headerOf(device, step), choice, tried });

/**
 * The inverse of `encodeKept`, of a text that anybody may have written.
 * @returns a reason where the text is of no use here
 */
export function decodeKept(device: Adapted, step: Tunable, limits: ChoiceLimits, text: string): Kept | string {
  const entry = parse(text);
  if (entry === undefined) return "damaged: no JSON object";
  const header = headerOf(device, step);
  for (const [name, expected] of Object.entries(header)) {
    const got = entry[name];
    if (typeof got !== typeof expected) return `damaged: no ${name}`;
    if (got !== expected) return differs(name, got, expected);
  }
  const { choice, tried } = entry;
  if (!allows(step, choice, limits)) return "damaged: a choice that is out of range";
  const most = attempts(step);
  if (!(Number.isInteger(tried) && (tried as number) >= 0 && (tried as number) <= most)) {
    return `damaged: a number of attempts that is not from 0 to ${most}`;
  }
  return { choice, tried: tried as number };
}

function parse(text: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof text !== "string" || text.length > LONGEST) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
