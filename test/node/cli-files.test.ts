import { execFileSync } from "node:child_process";
import fs, {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { checkWritable, writeOrRescue, writeTo } from "../../src/cli/files.ts";
import { isTrained, readBytes } from "../../src/cli/reading.ts";
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

describe("writeTo", () => {
  const write = (path: string, text: string) => writeTo({ path, force: true }, [text]);

  it("writes a new file, and takes the place of an old one", async () => {
    for (const text of ["one", "two", ""]) {
      await write(path, text);
      expect(readFileSync(path, "utf8")).toBe(text);
      expect(place.files()).toEqual(["file"]);
    }
  });

  it("writes a file of the longest name", async () => {
    for (const text of ["one", "two"]) await write(join(place.folder, longName), text);
    expect(readFileSync(join(place.folder, longName), "utf8")).toBe("two");
  });

  it.runIf(process.platform !== "win32")("keeps a file as private as it was", async () => {
    await write(path, "old");
    expect(statSync(path).mode & 0o777).toBe(0o666 & ~process.umask());
    closeSync(openSync(join(place.folder, "private"), "w", 0o600));
    await write(join(place.folder, "private"), "new");
    expect(statSync(join(place.folder, "private")).mode & 0o777).toBe(0o600);
  });

  it("writes through a link and leaves the link", async () => {
    await write(path, "old");
    const through = link("file");
    await write(through, "new");
    expect(lstatSync(through).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("makes the file that links lead to, where there is none yet", async () => {
    mkdirSync(join(place.folder, "deep"));
    mkdirSync(join(place.folder, "other"));
    link("../file", "other/second");
    link("../other", "deep/way");
    const through = link("deep/way/second");
    await write(through, "new");
    expect(lstatSync(through).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("does not replace a device by a file", async () => {
    await write("/dev/null", "text");
    expect(statSync("/dev/null").isFile()).toBe(false);
  });

  it.runIf(existsSync("/dev/fd"))("writes at the end of a file that is open, as /dev/stdout may be", async () => {
    appendFileSync(path, "one\n");
    const { ino } = statSync(path);
    const file = openSync(path, "a");
    try {
      const open = `/dev/fd/${file}`;
      checkWritable({ path: open }, []);
      for (const way of [open, link(open)]) await write(way, "more\n");
    } finally {
      closeSync(file);
    }
    expect(readFileSync(path, "utf8")).toBe("one\nmore\nmore\n");
    expect(statSync(path).ino).toBe(ino);
    expect(place.files()).toEqual(["file", "link"]);
  });

  it("leaves nothing behind where it cannot write", async () => {
    mkdirSync(path);
    await expect(write(path, "text")).rejects.toThrow(DataError);
    expect(() => checkWritable({ path }, [])).toThrow(`${path}: got a folder, expected a file that can be written;`);
    expect(place.files()).toEqual(["file"]);
    await expect(write(join(place.folder, "none", "file"), "text")).rejects.toThrow("got no such file or folder,");
  });

  it.runIf(existsSync("/dev/null"))("makes no copy of what goes to a device", async () => {
    const given: ArrayBufferLike[] = [];
    stubFiles({
      writeSync: ((_: number, bytes: Uint8Array) => {
        given.push(bytes.buffer);
        return bytes.length;
      }) as typeof fs.writeSync,
    });
    const model = new Uint8Array(8);
    await writeTo({ path: "/dev/null" }, [model]);
    expect(given).toHaveLength(1);
    expect(given[0]).toBe(model.buffer);
  });
});

/** Has the file system do otherwise while a test lasts. */
function stubFiles(stubs: Partial<typeof fs>): void {
  const own = Object.fromEntries(Object.keys(stubs).map((name) => [name, fs[name as keyof typeof fs]]));
  onTestFinished(() => {
    Object.assign(fs, own);
    syncBuiltinESMExports();
  });
  Object.assign(fs, stubs);
  syncBuiltinESMExports();
}

/** What a failing write says, and the file that the model is in then. */
async function rescued(work: Promise<void>): Promise<{ message: string; kept: string }> {
  const message = await work.then(
    () => "",
    (error) => (error instanceof DataError ? error.message : ""),
  );
  const [, kept = ""] = /; move (.*), where it is now\.$/.exec(message) ?? [];
  onTestFinished(() => rmSync(dirname(kept), { recursive: true }));
  return { message, kept };
}

const encode = (content: string) => new TextEncoder().encode(content);

describe("writeOrRescue", () => {
  it("keeps what cannot be written under a name of its own, and says where", async () => {
    const never = join(place.folder, `${longName}n`);
    const { message, kept } = await rescued(writeOrRescue({ path: never }, encode("text"), "model.safetensors"));
    expect(message).toContain(": got too long a name, expected a file that can be written; move ");
    expect(basename(kept)).toBe("model.safetensors");
    expect(dirname(dirname(kept))).toBe(tmpdir());
    expect(readFileSync(kept, "utf8")).toBe("text");
  });

  it("keeps it too where a file has come to be there meanwhile that is not to be replaced", async () => {
    const target = { path, isOwn: () => false };
    expect(checkWritable(target, [])).toBe(false);
    place.write("file", "precious");
    const { message, kept } = await rescued(writeOrRescue(target, encode("text"), "m"));
    expect(message).toContain(`got a file that is there already, and no model that train wrote, expected `);
    expect(readFileSync(kept, "utf8")).toBe("text");
    expect(readFileSync(path, "utf8")).toBe("precious");
    expect(place.files()).toEqual(["file"]);
  });
});

describe("what is there already", () => {
  it("is replaced where it is the command's own, or holds nothing, or that is asked for", async () => {
    place.write("file", "old");
    const refusal = `${path}: got a file that is there already, expected the path of a new file; give another path with --out, or add --force to replace the file.`;
    expect(() => checkWritable({ path }, [])).toThrow(refusal);
    await expect(writeTo({ path }, ["new"])).rejects.toThrow(refusal);
    for (const more of [{ force: true }, { isOwn: () => true }]) {
      expect(checkWritable({ path, ...more }, [])).toBe(true);
      await writeTo({ path, ...more }, ["n", "ew"]);
      expect(readFileSync(path, "utf8")).toBe("new");
    }
    place.write("file", "");
    expect(checkWritable({ path }, [])).toBe(false);
  });
});

describe.runIf(process.platform !== "win32")("a pipe", () => {
  const makePipe = () => execFileSync("mkfifo", [path]);

  it("that nobody reads blocks nothing, and a signal ends the wait with the text kept", async () => {
    makePipe();
    const controller = new AbortController();
    const waiting = { signal: controller.signal, onWait: () => controller.abort() };
    const { message, kept } = await rescued(writeOrRescue({ path }, encode("text"), "m", waiting));
    expect(message).toContain(
      "got an end by a signal while nobody read it, expected a file that can be written; move ",
    );
    expect(readFileSync(kept, "utf8")).toBe("text");
  });

  it("that is full is written on as it is read", async () => {
    makePipe();
    const content = "0123456789abcdef".repeat(2 ** 16);
    const [read] = await Promise.all([readFile(path, "utf8"), writeTo({ path }, ["<", content, ">"])]);
    expect(read.length).toBe(content.length + 2);
    expect(read === `<${content}>`).toBe(true);
  });

  it("that nobody reads any more ends it, with the text kept", async () => {
    makePipe();
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const work = rescued(writeOrRescue({ path }, new Uint8Array(2 ** 20), "m"));
    setImmediate(() => closeSync(reader));
    const { message, kept } = await work;
    expect(message).toContain("got a reader that went away, ");
    expect(statSync(kept).size).toBe(2 ** 20);
  });
});

const LINES = 16_384;
const LINE = "a line,\n";

describe("readBytes", () => {
  it.runIf(existsSync("/dev/zero"))("refuses what has no end, by whatever name, and holds no more than it may", () => {
    const message =
      "got more than 512 MiB of what has no size, and perhaps no end, expected at most 512 MiB of what is no file; ";
    for (const name of ["/dev/zero", link("/dev/zero")]) {
      expect(() => readBytes(name)).toThrow(message);
    }
  });

  it.runIf(existsSync("/proc/self/cmdline"))("reads what tells no size to its end", () => {
    expect(Buffer.from(readBytes("/proc/self/cmdline")).toString()).toContain("node");
    expect(readBytes("/dev/null")).toHaveLength(0);
  });

  it.runIf(existsSync("/dev/null"))(
    "holds what comes in small pieces, as of a writer that flushes lines, in no more bytes than it needs",
    () => {
      const held = new Set<ArrayBufferLike>();
      let lines = 0;
      stubFiles({
        readSync: ((_: number, into: Uint8Array, offset: number) => {
          held.add(into.buffer);
          if (lines === LINES) return 0;
          into.set(encode(LINE), offset);
          lines++;
          return LINE.length;
        }) as typeof fs.readSync,
      });
      expect(Buffer.from(readBytes("/dev/null")).toString()).toBe(LINE.repeat(LINES));
      const bytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(bytes).toBeLessThan(4 * LINES * LINE.length);
    },
  );
});

describe("isTrained", () => {
  const write = (header: string) => {
    const bytes = encode(header);
    const length = new BigUint64Array([BigInt(bytes.length)]);
    place.write("file", Buffer.concat([new Uint8Array(length.buffer), bytes]));
  };

  it("tells a model of a table by its header", () => {
    write('{"__metadata__":{"chainrule.table":"{}"}}');
    expect(isTrained(path)).toBe(true);
    write('{"__metadata__":{"chainrule":"{}"}}');
    expect(isTrained(path)).toBe(false);
    expect(isTrained(join(place.folder, "none"))).toBe(false);
  });

  it("reads a header as predict does: not one of lists in lists, which takes fifty times its length", () => {
    const nest = `${"[".repeat(1000)}${"]".repeat(1000)}`;
    for (const header of [
      `{"x":${nest},"__metadata__":{"chainrule.table":"{}"}}`,
      '{"__metadata__":{"chainrule.table":7}}',
      '[{"__metadata__":{"chainrule.table":"{}"}}]',
    ]) {
      write(header);
      expect(isTrained(path), header.slice(0, 80)).toBe(false);
    }
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
    const refusal = `got ${got}, expected a file that can be written; give another path, or make its folder.`;
    const check = () => checkWritable({ path: out }, [path]);
    expect(check).toThrow(DataError);
    expect(check).toThrow(refusal);
  });

  it("a file that is read, but none for one that was deleted after it was read", () => {
    place.write("file", "");
    const refusal = `${path}: got the path of ${path}, which is read, expected a file of its own;`;
    expect(() => checkWritable({ path }, [path])).toThrow(refusal);
    expect(() => checkWritable({ path }, [join(place.folder, "deleted")])).not.toThrow();
  });
});
