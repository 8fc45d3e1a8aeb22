import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";

const place = useWorkplace();

const here = process.platform === "linux" && process.arch === "x64";

it.runIf(here)(
  "unpacks the software adapter in four processes at once, which may let others write, from a relative path",
  async () => {
    place.write("flowers.csv", flowers);
    const temporary = join(place.folder, "temporary");
    mkdirSync(temporary);
    const env = {
      LD_LIBRARY_PATH: "",
      CHAINRULE_ADAPTER: "swiftshader",
      TMPDIR: "temporary",
      NODE_OPTIONS: "--import=data:text/javascript,process.umask(0)",
    };
    const outcomes = await Promise.all(
      ["a", "b", "c", "d"].map((name) =>
        place.spawn([...trainFlowers, "--epochs", "2", "--out", `${name}.safetensors`], { env }),
      ),
    );
    for (const outcome of outcomes) succeeded(outcome);
    const [folder = "", ...others] = readdirSync(temporary);
    expect(others).toEqual([]);
    expect(statSync(join(temporary, folder)).mode & 0o777).toBe(0o700);
    const files = readdirSync(join(temporary, folder)).sort();
    expect(files).toEqual(["driver.json", "libvulkan.so.1"]);
    for (const name of files) expect(statSync(join(temporary, folder, name)).mode & 0o777).toBe(0o600);
  },
);
