import { it } from "vitest";
import { useDevice } from "../helpers/device.ts";
import { checkHostile } from "./hostile.ts";

const device = await useDevice();

it("shows what files and words hold in letters that are seen, three hundred times", async () => {
  await checkHostile(async () => device, 300);
});
