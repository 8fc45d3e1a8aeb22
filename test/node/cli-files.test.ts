import {
  appendFileSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { checkWritable, writeOrRescue, writeWhole } from "../../src/cli/files.ts";
import { DataError } from "../../src/errors.ts";
import { createWorkplace, type Workplace } from "./command.ts";

let place: Workplace;
let path: string;
beforeEach(() => {
  place = createWorkplace();
  path = join(place.folder, "file");
  return () => place.remove();
});

/** As long as the name of a file can be. */
const longName = "n".repeat(255);

const link = (to: string, name = "link") => {
  const from = join(place.folder, name);
  symlinkSync(to, from);
  return from;
};

describe("writeWhole", () => {
  it("writes a new file, and takes the place of an old one", () => {
    for (const text of ["one", "two", ""]) {
      writeWhole(path, text);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(place.files()).toEqual(["file"]);
    }
  });

  it("writes a file of the longest name", () => {
    for (const text of ["one", "two"]) writeWhole(join(place.folder, longName), text);
    expect(readFileSync(join(place.folder, longName), "utf8")).toBe("two");
  });

  it.runIf(process.platform !== "win32")("keeps a file as private as it was", () => {
    writeWhole(path, "old");
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask());
    closeSync(openSync(join(place.folder, "private"), "w", 0o600));
    writeWhole(join(place.folder, "private"), "new");
    expect(statSync(join(place.folder, "private")).mode & 0o777).toBe(0o600);
  });

  it("writes through a link and leaves the link", () => {
    writeWhole(path, "old");
    const through = link("file");
    writeWhole(through, "new");
    expect(lstatSync(through).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("makes the file that links lead to, where there is none yet", () => {
    mkdirSync(join(place.folder, "deep"));
    mkdirSync(join(place.folder, "other"));
    link("../file", "other/second");
    link("../other", "deep/way");
    const through = link("deep/way/second");
    writeWhole(through, "new");
    expect(lstatSync(through).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("does not replace a device by a file", () => {
    writeWhole("/dev/null", "text");
    expect(statSync("/dev/null").isFile()).toBe(false);
  });

  it.runIf(existsSync("/dev/fd"))("writes at the end of a file that is open, as /dev/stdout may be", () => {
    appendFileSync(path, "one\n");
    const { ino } = statSync(path);
    const file = openSync(path, "a");
    try {
      const open = `/dev/fd/${file}`;
      checkWritable(open, []);
      for (const way of [open, link(open)]) writeWhole(way, "more\n");
    } finally {
      closeSync(file);
    }
    expect(readFileSync(path, "utf8")).toBe("one\nmore\nmore\n");
    expect(statSync(path).ino).toBe(ino);
    expect(place.files()).toEqual(["file", "link"]);
  });

  it("leaves nothing behind where it cannot write", () => {
    mkdirSync(path);
    expect(() => writeWhole(path, "text")).toThrow(DataError);
    expect(() => checkWritable(path, [])).toThrow(`${path}: got a folder, expected a file that can be written;`);
    expect(place.files()).toEqual(["file"]);
    expect(() => writeWhole(join(place.folder, "none", "file"), "text")).toThrow("got no such file or folder,");
  });
});

describe("writeOrRescue", () => {
  it("keeps what cannot be written under a name of its own, and says where", () => {
    const never = join(place.folder, `${longName}n`);
    let message = "";
    try {
      writeOrRescue(never, "text", "model.safetensors");
    } catch (error) {
      message = error instanceof DataError ? error.message : "";
    }
    const [, kept = ""] = /: got too long a name, expected .*; move (.*), where it is now\.$/.exec(message) ?? [];
    expect(basename(kept)).toBe("model.safetensors");
    expect(dirname(dirname(kept))).toBe(tmpdir());
    expect(readFileSync(kept, "utf8")).toBe("text");
    rmSync(dirname(kept), { recursive: true });
  });
});

describe("checkWritable refuses", () => {
  it.each([
    ["a path through a file", "file/m", "a path through something that is no folder"],
    ["a name that is too long", `${longName}n`, "too long a name"],
    ["links in a circle", "circle", "links that lead in a circle"],
    ["a link into a folder that is not there", "astray", "no such file or folder"],
  ])("%s", (_, name, got) => {
    place.write("file", "");
    link("circle", "circle");
    link("none/m", "astray");
    const out = join(place.folder, name);
    const refusal = `${out}: got ${got}, expected a file that can be written; give another path, or make its folder.`;
    const check = () => checkWritable(out, [path]);
    expect(check).toThrow(DataError);
    expect(check).toThrow(refusal);
  });

  it("a file that is read, but none for one that was deleted after it was read", () => {
    place.write("file", "");
    const refusal = `${path}: got the path of ${path}, which is read, expected a file of its own;`;
    expect(() => checkWritable(path, [path])).toThrow(refusal);
    expect(() => checkWritable(path, [join(place.folder, "deleted")])).not.toThrow();
  });
});
