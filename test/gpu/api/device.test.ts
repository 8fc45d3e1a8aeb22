import { describe, expect, test } from "vitest";
import { makeBuffers } from "../../../src/device/buffers.ts";
import { openDevice } from "../../../src/device/open.ts";
import { pipelineFor } from "../../../src/device/pipelines.ts";
import { DeviceError, ModelError } from "../../../src/errors.ts";
import type { Call } from "../../../src/kernels/index.ts";
import { createTrainer } from "../../../src/run/trainer.ts";
import { useDevice } from "../../helpers/device.ts";
import { disguised, posing } from "../../helpers/disguise.ts";
import { hasSubgroups } from "../../helpers/tiles.ts";
import { classifier, rejection } from "../../helpers/training.ts";

const device = await useDevice();

const refused = async (work: Promise<unknown>): Promise<DeviceError> => {
  const error = await rejection(work);
  if (!(error instanceof DeviceError)) throw error;
  return error;
};

describe("openDevice", () => {
  test("tells the adapter's name, and that SwiftShader is software", () => {
    const { name, software } = device.adapter;
    expect(name).not.toBe("");
    if (/swiftshader/i.test(name)) expect(software).toBe(true);
  });

  test("tells how many invocations run in lockstep", () => {
    expect(Number.isInteger(Math.log2(device.adapter.lanes))).toBe(true);
    if (/swiftshader/i.test(device.adapter.name)) expect(device.adapter.lanes).toBe(4);
  });

  test("has subgroups in Node and in a page, so that the kernels that share loads are tested there", () => {
    expect(hasSubgroups(device) || "Deno" in globalThis).toBe(true);
  });

  test.each([
    [{ vendor: "google", architecture: "swiftshader" }, "google swiftshader", true, 4],
    [
      { vendor: "mesa", description: "llvmpipe (LLVM 15.0.6, 256 bits)" },
      "mesa llvmpipe (LLVM 15.0.6, 256 bits)",
      true,
      4,
    ],
    [{ vendor: "mesa", description: "llvmpipe", subgroupMinSize: 8 }, "mesa llvmpipe", true, 8],
    [{ vendor: "microsoft", description: "Microsoft Basic Render Driver" }, "Microsoft Basic Render Driver", true, 4],
    [{ vendor: "acme", isFallbackAdapter: true }, "acme", true, 4],
    [{ vendor: "nvidia", architecture: "hopper", description: "NVIDIA H100" }, "hopper NVIDIA H100", false, 32],
    // A GPU of which some invocations can run by 16 is given 32.
    [{ vendor: "acme", subgroupMinSize: 16 }, "acme", false, 32],
    [{ vendor: "acme", subgroupMinSize: 64 }, "acme", false, 64],
    [{}, "unnamed adapter", false, 32],
  ])("knows software and lanes by what an adapter tells of itself: %j", async (told, name, software, lanes) => {
    const info = { vendor: "", architecture: "", device: "", description: "", ...told };
    const gpu = { lost: new Promise(() => {}), destroy() {} };
    const adapter = { info, limits: {}, features: new Set(), requestDevice: async () => gpu };
    const opened = await openDevice({ gpu: { requestAdapter: async () => adapter } as unknown as GPU });
    const model = [info.vendor, info.architecture].filter((part) => part !== "").join(" ");
    expect(opened.adapter).toEqual({ name, vendor: info.vendor, model, driver: info.description, software, lanes });
  });

  test("takes the adapter's own limits, or those that every device has", async () => {
    const smallest = await openDevice({ limits: "default" });
    const limits = ["maxStorageBuffersPerShaderStage", "maxStorageBufferBindingSize", "maxBufferSize"] as const;
    const defaults = {
      maxStorageBuffersPerShaderStage: 8,
      maxStorageBufferBindingSize: 2 ** 27,
      maxBufferSize: 2 ** 28,
    };
    for (const limit of limits) {
      expect([limit, smallest.gpu.limits[limit]]).toEqual([limit, defaults[limit]]);
      expect(device.gpu.limits[limit]).toBeGreaterThanOrEqual(defaults[limit]);
    }
    smallest.destroy();
  });

  test("without an adapter says what is missing", async () => {
    const gpu = { requestAdapter: async () => null } as unknown as GPU;
    expect(String(await refused(openDevice({ gpu })))).toBe(
      "DeviceError: openDevice: got no adapter, expected a GPU with a WebGPU driver (Vulkan, Metal or Direct3D 12), or a " +
        "software adapter; install the GPU's driver, or a software adapter such as SwiftShader.",
    );
  });

  test("passes on why an adapter refuses a device", async () => {
    const adapter = {
      info: { vendor: "acme", architecture: "one", device: "", description: "" },
      limits: {},
      features: new Set(),
      requestDevice: async () => {
        throw new Error("too many devices");
      },
    };
    const gpu = { requestAdapter: async () => adapter } as unknown as GPU;
    expect(String(await refused(openDevice({ gpu })))).toBe(
      "DeviceError: openDevice: acme one: got too many devices, expected a device; " +
        "close other programs that use the GPU and try again.",
    );
  });

  test("a destroyed device settles lost with the reason", async () => {
    const own = await openDevice();
    own.destroy();
    expect((await own.lost).message).toBe(
      `${own.adapter.name}: got a device that was destroyed, expected a device that works; ` +
        "open the device again and load the last checkpoint.",
    );
  });
});

describe("openDevice with a device of one's own", () => {
  /** Whole steps in one dispatch: one step is one shader. */
  const small = { ...classifier, oneDispatch: true };

  test("trains on it, knows its adapter, and leaves it open", async () => {
    // That of all tests, whose shaders are compiled.
    const own = device;
    // Deno's devices do not tell of their adapter.
    const info = own.gpu.adapterInfo ?? { vendor: "acme", architecture: "", device: "", description: "" };
    const adapter = { info } as GPUAdapter;
    const wrapped = await openDevice({ device: own.gpu, adapter });
    expect(wrapped.gpu).toBe(own.gpu);
    if (own.gpu.adapterInfo) expect(wrapped.adapter).toEqual(own.adapter);
    const trainer = await createTrainer(wrapped, small);
    expect((await trainer.step()).steps).toBe(1);
    wrapped.destroy();
    expect((await wrapped.lost).got).toBe("a device that was given back");
    expect(await refused(trainer.step())).toBe(await wrapped.lost);
    trainer.dispose();
    // It still makes buffers, and another trainer.
    const again = await createTrainer(await openDevice({ device: own.gpu, adapter }), small);
    expect((await again.step()).steps).toBe(1);
    again.dispose();
  });

  test("tells of its loss", async () => {
    const own = await openDevice();
    const adapter = { info: { vendor: "", architecture: "", device: "", description: "" } } as GPUAdapter;
    const wrapped = await openDevice({ device: own.gpu, adapter });
    own.destroy();
    expect((await wrapped.lost).got).toBe("a device that was destroyed");
  });

  const silent = {
    lost: new Promise(() => {}),
    createBuffer() {},
    createComputePipelineAsync() {},
    pushErrorScope() {},
  };
  test.each([
    [{ device: {} }, "openDevice: got device a value of type Object, expected a GPUDevice; give what await adapter"],
    [{ adapter: {} }, "openDevice: got device undefined, expected a GPUDevice; give what await adapter"],
    [{ device: device.gpu, limits: "default" }, "openDevice: got device and limits, expected a device that is open"],
    [{ device: device.gpu, gpu: {} }, "openDevice: got device and gpu, expected a device that is open already, alone"],
    [
      { device: { ...silent, popErrorScope() {} } },
      "openDevice: got a device that does not tell of its adapter, expected its adapter too, in this browser; give",
    ],
  ])("refuses what it cannot wrap: %#", async (options, message) => {
    const error = await rejection(openDevice(options as never));
    expect(error).toBeInstanceOf(ModelError);
    expect(String(error)).toContain(message);
  });
});

test("a buffer beyond the device's limit is a DeviceError that names it", async () => {
  const size = device.gpu.limits.maxBufferSize + 4;
  const wanted = { X: { size: 16, usage: GPUBufferUsage.STORAGE }, Y: { size, usage: GPUBufferUsage.STORAGE } };
  const error = await refused(makeBuffers(device.gpu, "chainrule.test", wanted));
  expect(error.where).toBe("chainrule.test.Y");
  expect(error.expected).toMatch(/^at most \d+\.\d [KMG]iB, the largest buffer of this device$/);
});

describe("createTrainer on a device that is too small", () => {
  /** Refuses before it takes memory: a buffer made would be this error instead. */
  const createBuffer = () => {
    throw new Error("a buffer was made");
  };
  const withLimits = (limits: Readonly<Record<string, number>>) => {
    const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = device.gpu.limits;
    const { maxComputeWorkgroupsPerDimension } = device.gpu.limits;
    const all = {
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupsPerDimension,
      ...limits,
    };
    return disguised(device, { limits: all, createBuffer });
  };
  const large = { inputs: new Float32Array(20_000 * 3), targets: new Uint32Array(20_000) };

  test.each(["maxBufferSize", "maxStorageBufferBindingSize"])(
    "refuses data beyond its %s, before any buffer is made",
    async (limit) => {
      const error = await refused(createTrainer(withLimits({ [limit]: 100_000 }), { ...classifier, data: large }));
      expect(error.message).toBe(
        "train plan: tensor X [20000, 3]: got 234.4 KiB, expected at most 97.7 KiB, the largest buffer of this device; " +
          "train on fewer rows or columns at a time.",
      );
    },
  );

  test("refuses a kernel with more storage buffers than a stage may have", async () => {
    const error = await refused(createTrainer(withLimits({ maxStorageBuffersPerShaderStage: 4 }), classifier));
    expect(error.message).toMatch(
      /^train plan: step 1 \(begin\): got 5 storage buffers, expected at most 4 on this device; take a device/,
    );
  });

  test("refuses a grid that is wider than it may be", async () => {
    const error = await refused(createTrainer(withLimits({ maxComputeWorkgroupsPerDimension: 1 }), classifier));
    expect(error.message).toMatch(
      /got \d+ workgroups along one dimension, expected at most 1 on this device; take smaller/,
    );
  });
});

describe("a shader that does not compile", () => {
  const broken = () =>
    disguised(device, {
      createShaderModule: ({ label, code }: GPUShaderModuleDescriptor) =>
        device.gpu.createShaderModule({ label: label ?? "", code: `${code}\nthis is no WGSL` }),
    });
  const call: Call = {
    kernel: "activation",
    variant: { activation: "tanh" },
    dims: { rows: 1, units: 1 },
    bind: { control: "control", z: "z", h: "h" },
  };

  const logOf = ({ message, cause }: DeviceError, kernel: string): string => {
    expect(message).toMatch(/^kernel \w+: got a shader that does not compile: .*, expected valid WGSL; report it with/);
    const { message: log } = cause as Error;
    expect(log.split("\n")[0]).toMatch(`kernel ${kernel} {`);
    expect(log).toContain("\n   1  struct Control {\n   2    step: u32,\n");
    expect(log).toMatch(/\n +\d+ {2}fn main\(/);
    return log;
  };

  test("is refused with its numbered source", async () => {
    device.gpu.pushErrorScope("validation");
    const error = await refused(pipelineFor(broken().gpu, call));
    await device.gpu.popErrorScope();
    expect(logOf(error, "activation")).toContain("fn activate(z: f32) -> f32");
  });

  test("ends createTrainer with its numbered source", async () => {
    logOf(await refused(createTrainer(broken(), classifier)), "begin");
  });

  test("leaves the device in working order", async () => {
    const trainer = await createTrainer(posing(device, 32), classifier);
    expect(await trainer.step()).toMatchObject({ step: 1 });
    trainer.dispose();
  });
});
