import { describe, test } from "vitest";
import { expectAgreement, expectExchange } from "../../helpers/agreement.ts";
import { usePosingDevice } from "../../helpers/device.ts";
import { regressor } from "../../helpers/training.ts";

const device = await usePosingDevice();

describe.each([
  ["fused", true],
  ["textbook", false],
])("createReferenceTrainer, a relu and an activated output, %s", (_, fuse) => {
  const options = { ...regressor, fuse };

  test("reports, evaluates, predicts and reads what the GPU does", () => expectAgreement(device, options));

  test("takes up the GPU's file, and the GPU its", () => expectExchange(device, options));
});
