import { expect, test } from "vitest";
import { usePosingDevice } from "../../helpers/device.ts";
import { expectSequences } from "../../helpers/random-driver.ts";

const device = await usePosingDevice();

test("200 sequences of calls drawn at random give what the same calls give one after another, on the GPU and the CPU", async () => {
  const b = performance.now();
  await expectSequences(device, Number(process.env.SEED ?? 0), Number(process.env.COUNT ?? 200));
  console.log((performance.now() - b) / 1000, process.cpuUsage());
  expect(1).toBe(1);
});
