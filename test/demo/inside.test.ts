import { expect, it } from "vitest";
import {
  CLOSE,
  classifier,
  coloursOf,
  expectAgreement,
  optionsOf,
  ready,
  stepOnCpu,
  stopOf,
  tensorsOf,
} from "./board.ts";
import { expectGoodLooks, useSite } from "./browser.ts";

const site = useSite();

it("inside a step, every tensor is as the reference has it, drawn by its sign, walked through by keys, and accessible", async () => {
  const { page, errors } = await site.goTo("inside");
  await page.setViewportSize({ width: 1280, height: 2400 });
  await ready(page);
  const shown = await tensorsOf(page);
  expect(Object.keys(shown).length).toBe(34);
  expectAgreement(shown, await stepOnCpu(shown, optionsOf(shown, classifier)));
  const differences = await page
    .locator(".difference")
    .evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-relative"))));
  expect(differences.length).toBe(34);
  expect(Math.max(...differences)).toBeLessThanOrEqual(CLOSE);

  const colours = await coloursOf(page, "W1");
  shown.W1?.values.forEach((value, i) => {
    const [red = 0, , blue = 0] = colours[i] ?? [];
    if (Math.abs(value) > 0.15) expect([i, Math.sign(blue - red)]).toEqual([i, Math.sign(value)]);
  });

  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  expect(await stopOf(page)).toBe("2 / 18");
  expect(await page.locator(".card.written").evaluateAll((all) => all.map(({ dataset }) => dataset.card))).toEqual([
    "z1",
  ]);
  await page.getByRole("button", { name: "Next step" }).click();
  await page.getByTestId("step").getByText("2", { exact: true }).waitFor();
  const after = await tensorsOf(page);
  for (const name of ["W1", "b1"]) expect(after[name]?.values).toEqual(shown[`${name}+`]?.values);
  await expectGoodLooks(page);
  expect(errors).toEqual([]);
});
