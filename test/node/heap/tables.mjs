/**
 * Reads a text of one kind and prepares it as far as it goes, and prints as JSON what that took. Its arguments are the entry of
 * chainrule/table, the kind, and the letters.
 */
const [entry = "", kind = "", length = ""] = process.argv.slice(2);
const { decodeText, doubtOf, prepare, problemOf, readCsv } = await import(entry);

/** How the text begins, and what is repeated to its end. @type {Record<string, [head: string, part: string]>} */
const kinds = {
  "short rows": ["x\n", "1\n"],
  "rows of numbers": ["x,y\n", "1,2\n3,4\n"],
  "rows of classes": ["x,y\n", "1,a\n2,b\n"],
  "rows in quotes": ["x,y\n", '"1","2"\n"3","4"\n'],
  "ends of lines": ["x,y", "\r"],
  "broken quotes": ['x,y\n1,"', '"x'],
  "doubled quotes": ['x\n"', '""'],
  digits: ["x\n", "1"],
  commas: ["x,y\n1,2\n", ","],
};
const [head = "", part = ""] = kinds[kind] ?? [];
let bytes = Buffer.alloc(Number(length), "\n");
if (part) bytes.fill(part, head.length);
if (kind === "ids")
  for (let at = 4, row = 0; at < bytes.length - 20; row++) at += bytes.write(`${row % 7},i${row}\n`, at);
bytes.write(kind === "ids" ? "x,y\n" : head);
if (kind.includes("rows")) bytes = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);

const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1024);
const before = megabytes();
/** @type {string} */
let outcome;
try {
  const text = decodeText(bytes, "t.csv");
  bytes = Buffer.alloc(0);
  const table = readCsv(text, "t.csv");
  const target = table.columns.at(-1);
  const task = kind.startsWith("rows") && kind !== "rows of classes" ? "regression" : "classification";
  doubtOf(table, target, task);
  const problem = problemOf(table, { target, ignore: [], task });
  const { train } = prepare(problem, { testFraction: 0.2, seed: 0, scale: "standard", scaleTarget: "standard" });
  outcome = `${train.rows} rows`;
} catch (error) {
  const { name, message } = /** @type {Error} */ (error);
  outcome = `${name}: ${message}`;
}
console.log(JSON.stringify({ outcome, megabytes: megabytes() - before }));
