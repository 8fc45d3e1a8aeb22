import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { useDevice } from "../helpers/device.ts";
import { checkHostile } from "./hostile.ts";

const device = await useDevice();

it("shows what files and words hold in letters that are seen, in lines of its own", async () => {
  await checkHostile(async () => device, 12);
});

it("writes to streams in one file alone", () => {
  const folder = new URL("../../src/cli/", import.meta.url);
  const writers = readdirSync(folder).filter((name) =>
    /\bwrite\(|\bconsole\b|\bprocess\.std|\bstreamOf\(/.test(readFileSync(new URL(name, folder), "utf8")),
  );
  // The bar draws by control codes of its own.
  expect(writers).toEqual(["output.ts", "progress.ts"]);
});
