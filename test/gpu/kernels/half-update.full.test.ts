import { test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { halfLabel } from "../../helpers/half.ts";
import { expectLayerUpdates, optimizers } from "../../helpers/half-updates.ts";

const device = await useDevice();

const others = optimizers.map((optimizer, index) => [optimizer, index % 2 === 1] as const);

test.each(others)(
  `layerUpdate ${halfLabel(device)} by %s › equals the reference, and skips where told to, gather %s`,
  (optimizer, gather) => expectLayerUpdates(device, optimizer, gather),
);
