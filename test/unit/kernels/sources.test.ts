import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { sourceOf } from "../../../shaders/index.ts";
import { kernels } from "../../../src/kernels/index.ts";
import { variants } from "../../helpers/calls.ts";

/** The tokens of a source: comments and white space, which the compiler of WGSL does not see, may change. */
const tokensOf = (source: string): string =>
  source
    .replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "")
    .match(/\w+|->|[-+*/%&|^=!<>]=|&&|\|\||\+\+|--|<<|>>|\S/g)
    ?.join(" ") ?? "";

/**
 * What moves shaders about is not to change them, nor a bit of what they compute. Where a formula is meant to change, see that the
 * kernels below are those whose formula did, and write the lines anew with `npm run test:node -- sources --update=all`.
 */
it("the sources of every kernel are those that its tests of the GPU judged, token by token", async () => {
  const sources = new Map(Object.keys(kernels).map((name) => [name, new Set<string>()] as const));
  for (const call of variants) sources.get(call.kernel)?.add(tokensOf(await sourceOf(call)));
  const lines = [...sources].sort().map(([name, texts]) => {
    const hash = createHash("sha256")
      .update([...texts].sort().join("\n"))
      .digest("hex");
    return `${name} ${texts.size} ${hash.slice(0, 16)}`;
  });
  expect(lines).toMatchInlineSnapshot(`
    [
      "activation 3 faa076345eeee31b",
      "advance 4 a96b147285462fc3",
      "begin 36 423b537eb080b8c6",
      "decayGradient 1 216362fb51335206",
      "gatherRows 2 296acf7fbc8be80d",
      "gradientMultiply 3 2e2c23be4be70cf8",
      "halve 1 442e29c1679a71d0",
      "layerBackward 12 a86ae141a38d1d73",
      "layerForward 44 de3b9e6d0873f041",
      "layerGradient 22 a78e20f44c639fb4",
      "layerUpdate 88 ec05f0e1286fa4b1",
      "loss 8 9b2eb0a57db37a45",
      "matmul 15 1629687ddf497669",
      "outputLoss 12 058f336106f1bbba",
      "penalty 1 e5e04910ad0771bc",
      "record 2 3828c1b2cfd9db36",
      "sample 2 64cc1785dd7a535a",
      "splitUpdate 16 3d6d0114041bd9d0",
      "sumRows 1 9f6bb960f41800ae",
      "weightUpdate 6 fcfd122aee351b0e",
      "wholeSteps 32 2a4a1dec75895a45",
    ]
  `);
});
