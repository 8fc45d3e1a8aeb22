import { describe, test } from "vitest";
import { useDevice } from "../../helpers/device.ts";
import { fusedNetworks } from "../../helpers/fused-networks.ts";
import { expectPlansToAgree } from "../../helpers/two-plans.ts";

const device = await useDevice();

/** Two full batches of 23 rows and one of 7. */
const course = { rows: 53, batch: 23, steps: 100, reports: 10 };

describe.each(Object.entries(fusedNetworks))("the fused plan trains as the textbook plan does: %s", (_, network) => {
  test("parameters and reports over 100 steps", () => expectPlansToAgree(device, network, course));
});
