import { afterAll, afterEach, describe, expect, it } from "vitest";
import { DeviceError } from "../../src/errors.ts";
import { dense, sequential } from "../../src/model/layer.ts";
import { adam } from "../../src/model/optimizer.ts";
import { sweep } from "../../src/run/sweep.ts";
import { countCalls } from "../helpers/counting.ts";
import { openNullDevice } from "../helpers/null-device.ts";
import { scriptTime } from "../helpers/scripted-time.ts";
import { rates, sweepOf } from "../helpers/sweeps.ts";
import { rejection } from "../helpers/training.ts";
import { inRegisters } from "../helpers/variants.ts";

const device = await openNullDevice();
afterAll(() => device.destroy());
const counter = countCalls(device.gpu);
const run = scriptTime(device.gpu, counter);
afterEach(() => expect(counter.alive()).toEqual([]));

describe("sweep › what it asks of the device", () => {
  const options = sweepOf(inRegisters["two layers"], "adamw, biases decay too");

  it("a step of all variants is one dispatch in one submit", async () => {
    const all = await sweep(device, options);
    expect(all.plan.steps.map(({ kernel }) => kernel)).toEqual(["wholeSteps"]);
    counter.reset();
    await all.step();
    expect(counter.counts).toEqual({
      createCommandEncoder: 2,
      beginComputePass: 1,
      dispatchWorkgroups: 1,
      submit: 2,
      mapAsync: 1,
    });
    all.dispose();
  });

  it("100 steps after the first make nothing, write nothing and map one buffer, for the report", async () => {
    const all = await sweep(device, options);
    await run(0, () => all.step());
    counter.reset();
    await run(0, () => all.step(100));
    const { submit = 0, beginComputePass, dispatchWorkgroups, createCommandEncoder, ...others } = counter.counts;
    expect(others).toEqual({ mapAsync: 1 });
    expect(beginComputePass).toBe(submit - 1);
    expect(createCommandEncoder).toBe(submit);
    // 2, 2, 4, 8, 16, 32 and 36 steps, each submit in powers of two up to half of it, whatever the number of variants.
    expect(counter.submits()).toEqual([2, 2, 2, 2, 2, 2, 3, 0]);
    all.dispose();
  });

  it("wrong variants and a network too large cost no GPU work", async () => {
    counter.reset();
    for (const wrong of [
      { ...options, variants: [] },
      { ...options, variants: rates(0.1).concat({ optimizer: adam({ learningRate: 0.1 }) }) },
      { ...options, model: sequential([dense(512, "relu"), dense(512, "relu"), dense(3)]) },
      { ...options, data: { inputs: [1, 2, Number.NaN], targets: [0] } },
    ]) {
      await rejection(sweep(device, wrong));
    }
    expect(counter.counts).toEqual({});
  });

  it("frees every buffer when disposed, and rejects what waits and all later calls", async () => {
    const all = await sweep(device, options);
    await all.step(2);
    await all.save(0);
    expect(counter.alive().length).toBeGreaterThan(5);
    const waiting = [all.step(1000), all.step()];
    all.dispose();
    expect(counter.alive()).toEqual([]);
    for (const work of [...waiting, all.step(), all.fit({ epochs: 1 }).next(), all.parameters(0), all.save(0)]) {
      const error = await rejection(work);
      expect(error).toBeInstanceOf(DeviceError);
      expect(String(error)).toMatch(/^DeviceError: sweep: got a call after dispose\(\)/);
    }
  });
});
