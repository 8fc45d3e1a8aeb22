/**
 * Reads a text of one kind and prepares it as far as it goes, and prints as JSON what that took. Its arguments are the entry of
 * chainrule/table, the kind, and the letters.
 */
const [entry = "", kind = "", length = ""] = process.argv.slice(2);
const { decodeText, doubtOf, prepare, problemOf, readCsv } = await import(entry);

/** How the text begins, what is repeated to its end, and how it ends. @type {Record<string, [head: string, part: string, tail?: string]>} */
const kinds = {
  "short rows": ["x\n", "1\n"],
  "rows of numbers": ["x,y\n", "1,2\n3,4\n"],
  "rows of classes": ["x,y\n", "1,a\n2,b\n"],
  "rows in quotes": ["x,y\n", '"1","2"\n"3","4"\n'],
  "ends of lines": ["x,y", "\r"],
  "broken quotes": ['x,y\n1,"', '"x'],
  "doubled quotes": ['x\n"', '""'],
  "ends of lines in quotes": ['x\n"a', "\r\n", 'a"\n'],
  digits: ["x\n", "1"],
  commas: ["x,y\n1,2\n", ","],
};

/**
 * As many columns or classes as are taken, in as few letters as so many can have: what stands before all of them, before each, their
 * digits, what stands after each, and the letter of each cell in the rows below. @type {Record<string, [string, string, string, string, string]>}
 */
const millions = {
  columns: ["", "a", "0123456789abcdefghijklmnopqrstuvwxyz", ",", "123"],
  "columns of text": ["", "a", "0123456789abcdefghijklmnopqrstuvwxyz", ",", "t"],
  "classes of text": ["x,y\n", "1,a", "0123456789abcdefghijklmnopqrstuvwxyz", "\n", ""],
  "classes of numbers": ["x,y\n", "1,", "0123456789", "\n", ""],
  "classes of fractions": ["x,y\n", "1,.", "0123456789", "\n", ""],
};

/** Writes such a text, and makes no string of it, which would count. */
function million(/** @type {Buffer} */ into) {
  const [first = "", before = "", digits = "", after = "", rows = ""] = millions[kind] ?? [];
  const width = Math.ceil(Math.log(1e6) / Math.log(digits.length) - 1e-9);
  let at = into.write(first);
  for (let i = 0; i < 1e6; i++) {
    at += into.write(before, at) + width;
    // One class is there twice.
    for (let place = 1, rest = rows ? i : i % 999_999; place <= width; place++) {
      into[at - place] = digits.charCodeAt(rest % digits.length);
      rest = Math.floor(rest / digits.length);
    }
    at += into.write(after, at);
  }
  for (const cell of rows) {
    into.write("\n", at - 1);
    into.fill(`${cell},`, at, at + 2e6);
    at += 2e6;
  }
  into.write("\n", at - 1);
  return into.subarray(0, at);
}

const [head = "", part = "", tail = ""] = kinds[kind] ?? [];
/** @type {Buffer} */
let bytes = Buffer.alloc(Number(length), "\n");
if (part) bytes.fill(part, head.length);
bytes.write(tail, bytes.length - tail.length);
if (kind === "ids")
  for (let at = 4, row = 0; at < bytes.length - 20; row++) at += bytes.write(`${row % 7},i${row}\n`, at);
if (kind in millions) bytes = million(bytes);
else bytes.write(kind === "ids" ? "x,y\n" : head);
if (kind.includes("rows")) bytes = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);

const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1024);
const before = megabytes();
const size = bytes.length / 2 ** 20;
/** @type {string} */
let outcome;
try {
  const text = decodeText(bytes, "t.csv");
  bytes = Buffer.alloc(0);
  const table = readCsv(text, "t.csv");
  const target = table.columns.at(-1);
  const task = /^(rows|columns)/.test(kind) && kind !== "rows of classes" ? "regression" : "classification";
  doubtOf(table, target, task);
  const problem = problemOf(table, { target, ignore: [], task });
  const { train } = prepare(problem, { testFraction: 0.2, seed: 0, scale: "standard", scaleTarget: "standard" });
  outcome = `${train.rows} rows`;
} catch (error) {
  const { name, message } = /** @type {Error} */ (error);
  outcome = `${name}: ${message}`;
}
console.log(JSON.stringify({ outcome, megabytes: megabytes() - before, size }));
