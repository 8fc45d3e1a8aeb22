import { hardwareOf } from "../../device/hardware.ts";
import type { Device } from "../../device/open.ts";
import type { ChoiceLimits } from "../../plan/tiles.ts";

/** What bounds the choices on a device. */
export const choiceLimitsOf = (device: Device): ChoiceLimits => {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = device.gpu.limits;
  return {
    ...hardwareOf(device),
    invocations: Math.min(maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX),
  };
};
