import { expect, it } from "vitest";
import { button, expectGoodLooks, pictureOf, settled, useSite } from "./browser.ts";
import { accuracyOf, atRest, goToStep, pause, stepOf, train, untilAccurate } from "./playground.ts";
import { expectNothingLeft } from "./visits.ts";

const site = useSite();

it("the playground learns a shape that is chosen, goes back to the very weights, draws them, and is accessible", async () => {
  const { page, errors } = await site.goTo("playground?layers=4,4");
  await atRest(page);
  await page.getByRole("radio", { name: "moons" }).check({ force: true });
  await page.waitForURL(/[?&]points=moons(&|$)/);
  await atRest(page);
  const fingerprint = page.getByTestId("fingerprint");
  const untrained = await fingerprint.textContent();
  await settled(page);
  const [surface, network] = [await pictureOf(page, ".surface canvas"), await pictureOf(page, ".network canvas")];
  await train(page);
  await untilAccurate(page, "test", 95);
  await pause(page);
  expect(await accuracyOf(page, "test")).toBeGreaterThanOrEqual(0.95);
  const [step, trained] = [await stepOf(page), await fingerprint.textContent()];
  await settled(page);
  expect((await pictureOf(page, ".surface canvas")).equals(surface)).toBe(false);
  expect((await pictureOf(page, ".network canvas")).equals(network)).toBe(false);
  expect(page.url()).toContain(`step=${step}`);

  await button(page, "Back to step 0").click();
  await page.getByTestId("step").getByText("0", { exact: true }).waitFor();
  await atRest(page);
  expect(await fingerprint.textContent()).toBe(untrained);
  await settled(page);
  expect((await pictureOf(page, ".surface canvas")).equals(surface)).toBe(true);
  await goToStep(page, step);
  expect(await fingerprint.textContent()).toBe(trained);
  await expectGoodLooks(page);
  expect(errors).toEqual([]);
});

it("a visit of the playground leaves nothing on the GPU", () =>
  expectNothingLeft(site, { at: "playground?layers=2", ready: settled }));
