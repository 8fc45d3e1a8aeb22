import { readFile } from "node:fs/promises";
import type { Page } from "playwright";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/index.ts";
import { button, expectToFit, pictureOf, settled, useSite } from "./browser.ts";
import { accuracyOf, atRest, goToStep, pause, stepOf, train, untilAccurate, untilStep } from "./playground.ts";

const site = useSite();

/** All weights as the downloaded file has them. */
const weights = async (page: Page) => {
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download the model").click()]);
  return loadModel(new Uint8Array(await readFile(await download.path()))).parameters;
};

describe("the playground", () => {
  it("learns the spiral: at least 97 % of the points, those of the test too", async () => {
    const { page, errors } = await site.goTo("playground?points=spiral&seed=1");
    await atRest(page);
    expect(await accuracyOf(page, "test")).toBeLessThan(0.8);
    await settled(page);
    const untrained = await pictureOf(page, ".surface canvas");
    await train(page);
    await untilAccurate(page, "train", 97);
    await untilAccurate(page, "test", 97);
    await pause(page);
    expect(await accuracyOf(page, "train")).toBeGreaterThanOrEqual(0.97);
    expect(await accuracyOf(page, "test")).toBeGreaterThanOrEqual(0.97);
    await settled(page);
    expect((await pictureOf(page, ".surface canvas")).equals(untrained)).toBe(false);
    expect(errors).toEqual([]);
  });

  it.each(["circle", "xor", "gauss"])("learns %s after it was chosen", async (shape) => {
    const { page, errors } = await site.goTo("playground?points=moons");
    await atRest(page);
    await page.getByRole("radio", { name: shape }).check({ force: true });
    await page.waitForURL(new RegExp(`[?&]points=${shape}(&|$)`));
    await atRest(page);
    await train(page);
    await untilAccurate(page, "test", 95);
    expect(errors).toEqual([]);
  });

  it("rewinds and replays to the same bits, edits of options included", async () => {
    const { page } = await site.goTo("playground?points=moons&layers=4&live=sgd,0.1,0,32");
    await atRest(page);
    const seen = new Map([[0, await weights(page)]]);
    await train(page);
    await untilStep(page, 50);
    await pause(page);
    const first = await stepOf(page);
    seen.set(first, await weights(page));
    await page.getByLabel("Learning rate η").selectOption("0.03");
    await button(page, "One step forward").click();
    await untilStep(page, first + 1);
    await atRest(page);
    seen.set(first + 1, await weights(page));
    // Another kind of optimizer begins with a state of its own.
    await page.getByLabel("Optimizer").selectOption("adam");
    await train(page);
    await untilStep(page, first + 40);
    await page.getByLabel("Batch |B|").selectOption("16");
    await untilStep(page, first + 80);
    await pause(page);
    const last = await stepOf(page);
    seen.set(last, await weights(page));
    const address = page.url();
    expect(new Set([...seen.values()].map((one) => String(one.W1))).size).toBe(4);

    for (const step of [first + 1, 0, last, first, last]) {
      await goToStep(page, step);
      expect([step, await weights(page)]).toEqual([step, seen.get(step)]);
    }
    await goToStep(page, first + 1);
    await button(page, "One step back").click();
    await page.getByTestId("step").getByText(first.toLocaleString("en")).waitFor();
    await atRest(page);
    expect(await weights(page)).toEqual(seen.get(first));

    // The address alone brings the same run to the same step.
    const other = await site.goTo(address.split("#/")[1]);
    await other.page.getByTestId("step").getByText(last.toLocaleString("en"), { exact: true }).waitFor();
    await atRest(other.page);
    expect(await weights(other.page)).toEqual(seen.get(last));
  });

  it("lets one stop the replay of an address, and shows how long it takes", async () => {
    const { page, errors } = await site.goTo("playground?points=gauss&layers=2&edits=1000,sgd,0.1,0,32&step=90000000");
    await page.getByText(/^Replaying step .* of 90,000,000$/).waitFor();
    await page.getByText(/ left$/).waitFor();
    // An option or the model of a step on the way is not what is shown.
    const controls = [page.getByLabel("Optimizer"), page.getByLabel("Batch |B|"), button(page, "Download the model")];
    for (const control of controls) expect(await control.isDisabled()).toBe(true);
    await pause(page);
    for (const control of controls) expect(await control.isEnabled()).toBe(true);
    expect(await stepOf(page)).toBeGreaterThan(0);
    await expectToFit(page, 1280);
    await button(page, "Back to step 0").focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("step").getByText("0", { exact: true }).waitFor();
    await expectToFit(page, 1280);
    // It has nothing more to do, and keeps the focus.
    const back = page.locator("[aria-label='Back to step 0'][aria-disabled=true]:focus");
    await back.waitFor();
    await page.keyboard.press("Enter");
    await back.waitFor();
    expect(errors).toEqual([]);
  });

  it("holds the timeline's thumb while it is dragged, though training goes on, and goes where it is let go", async () => {
    const { page } = await site.goTo("playground?points=gauss&layers=2");
    await atRest(page);
    await train(page);
    await untilStep(page, 20);
    const slider = page.getByRole("slider", { name: "Go to an earlier step" });
    const box = await slider.boundingBox();
    if (!box) throw new Error("no timeline");
    await page.mouse.move(box.x + box.width - 12, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
    const held = Number(await slider.inputValue());
    await untilStep(page, (await stepOf(page)) + 20);
    expect(Number(await slider.inputValue())).toBe(held);
    await page.mouse.up();
    await atRest(page);
    expect(await stepOf(page)).toBe(held);
    expect(held).toBeGreaterThan(0);
  });

  it("keeps the timeline's thumb where it was let go, until a long replay is there or is stopped", async () => {
    // It has reached the edit, which is far away.
    const { page } = await site.goTo("playground?points=gauss&layers=2&edits=90000000,sgd,0.1,0,32");
    await atRest(page);
    const slider = page.getByRole("slider", { name: "Go to an earlier step" });
    const box = await slider.boundingBox();
    if (!box) throw new Error("no timeline");
    await page.mouse.move(box.x + 8, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    const replaying = page.getByText(/^Replaying step/);
    await replaying.waitFor();
    const held = Number(await slider.inputValue());
    expect(held).toBeGreaterThan(20_000_000);
    // The replay goes on.
    for (let report = 0; report < 3; report++) {
      const told = await replaying.textContent();
      await page.waitForFunction(([node, text]) => node?.textContent !== text, [
        await replaying.elementHandle(),
        told,
      ] as const);
      expect(Number(await slider.inputValue())).toBe(held);
    }
    await pause(page);
    await settled(page);
    expect(Number(await slider.inputValue())).toBe(await stepOf(page));
  });

  it("takes layers, units, activation, loss and seed from its controls into the network and the address", async () => {
    const { page } = await site.goTo("playground");
    await atRest(page);
    await button(page, "Add a hidden layer").click();
    await button(page, "One unit less in layer 3").click();
    await page.getByLabel("Activation φ").selectOption("relu");
    await page.getByLabel("Loss ℓ").selectOption("squaredError");
    await page.getByLabel("Seed").fill("7");
    await page.getByLabel("Seed").press("Enter");
    await page.waitForURL(/[?&]seed=7(&|$)/);
    await atRest(page);
    const { W1, W3, W4 } = await weights(page);
    expect([W1?.length, W3?.length, W4?.length]).toEqual([16, 56, 7]);
    const query = new URL(page.url()).hash.split("?")[1];
    expect(Object.fromEntries(new URLSearchParams(query))).toMatchObject({
      layers: "8,8,7",
      activation: "relu",
      loss: "squaredError",
      seed: "7",
    });
    await button(page, "Remove the last hidden layer").click();
    await page.waitForURL((url) => decodeURIComponent(url.hash).includes("layers=8,8&"));
  });

  it("learns points drawn with the mouse and the keyboard", async () => {
    const { page } = await site.goTo("playground?layers=4");
    await atRest(page);
    await page.getByRole("radio", { name: "drawn" }).check({ force: true });
    const surface = page.getByRole("application");
    const box = await surface.boundingBox();
    if (!box) throw new Error("no surface");
    const stroke = async (from: readonly [number, number], to: readonly [number, number]) => {
      await page.mouse.move(box.x + from[0] * box.width, box.y + from[1] * box.height);
      await page.mouse.down();
      await page.mouse.move(box.x + to[0] * box.width, box.y + to[1] * box.height, { steps: 12 });
      await page.mouse.up();
    };
    await stroke([0.55, 0.2], [0.9, 0.8]);
    await page.getByRole("radio", { name: "orange" }).check({ force: true });
    await stroke([0.1, 0.2], [0.4, 0.8]);
    await page.getByText(/ [12]\d points, all for training/).waitFor();
    const before = page.url();
    await surface.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Space");
    await page.waitForURL((url) => url.href !== before);
    await atRest(page);
    await train(page);
    await untilAccurate(page, "train", 95);
    expect(page.url()).toContain("drawn=");
  });

  it("draws with one finger or the main button alone", async () => {
    const { page } = await site.goTo("playground?layers=4&points=drawn&drawn=AB1x_0");
    await atRest(page);
    const before = page.url();
    const surface = page.getByRole("application");
    const box = await surface.boundingBox();
    if (!box) throw new Error("no surface");
    const to = (x: number, y: number) => page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 3 });
    const drawn = surface.locator(".stroke circle");
    await to(0.2, 0.2);
    await page.mouse.down({ button: "right" });
    await to(0.8, 0.8);
    expect(await drawn.count()).toBe(0);
    await page.mouse.up({ button: "right" });
    await page.mouse.down();
    await drawn.waitFor();
    const other = { pointerId: 77, pointerType: "touch", clientX: box.x + 9, clientY: box.y + 9, bubbles: true };
    await surface.dispatchEvent("pointermove", other);
    await surface.dispatchEvent("pointerup", other);
    expect([await drawn.count(), page.url()]).toEqual([1, before]);
    await page.mouse.up();
    await page.waitForURL((url) => url.href !== before);
  });

  it("erases single points by clicks, strokes and the keyboard, and keeps the last", async () => {
    // At (±.5, .5) and (±.5, −.5), about.
    const { page } = await site.goTo("playground?layers=4&points=drawn&drawn=NN0Ny0yN1yy1");
    await atRest(page);
    const left = (count: number) => page.getByText(`${count} points, all for training`).waitFor();
    await left(4);
    await page.getByRole("radio", { name: "eraser" }).check({ force: true });
    const surface = page.getByRole("application");
    const box = await surface.boundingBox();
    if (!box) throw new Error("no surface");
    const at = (letter: "N" | "y") => (letter === "N" ? 13 : 50) / 63;
    const place = (x: "N" | "y", y: "N" | "y") =>
      [box.x + at(x) * box.width, box.y + (1 - at(y)) * box.height] as const;
    await page.mouse.click(...place("N", "N"));
    await left(3);
    await page.waitForURL((url) => decodeURIComponent(url.hash).includes("drawn=Ny0yN1yy1"));
    // Where there is none, nothing is erased.
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.getByRole("radio", { name: "blue" }).check({ force: true });
    await surface.focus();
    for (let press = 0; press < 7; press++) await page.keyboard.press("ArrowLeft");
    for (let press = 0; press < 7; press++) await page.keyboard.press("ArrowUp");
    await page.getByText("beside a point").waitFor();
    await page.keyboard.press("Delete");
    await left(2);
    await page.getByRole("radio", { name: "eraser" }).check({ force: true });
    await page.mouse.move(...place("y", "N"));
    await page.mouse.down();
    await page.mouse.move(...place("y", "y"));
    expect(await surface.locator(".stroke .gone").count()).toBe(2);
    await page.mouse.up();
    await left(1);
    await atRest(page);
  });

  it("comes back to the step at which it was left, though the address is older", async () => {
    const { page } = await site.goTo("playground?points=gauss&layers=2");
    await atRest(page);
    await train(page);
    await untilStep(page, 100);
    const leave = () =>
      page.evaluate(() => {
        const step = document.querySelector("[data-testid=step]")?.textContent;
        location.hash = "#/digits";
        return step;
      });
    const left = await leave();
    await page.getByRole("heading", { name: "Digits", level: 1 }).or(page.locator("h1")).first().waitFor();
    await page.goBack();
    await atRest(page);
    expect(await page.getByTestId("step").textContent()).toBe(left);
  });

  it("never shows one run's picture under another's points and units", async () => {
    const { page } = await site.goTo("playground?layers=4");
    await atRest(page);
    await settled(page);
    const look = () =>
      page.evaluate(async () => {
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        const canvases = [...document.querySelectorAll(".surface canvas, .network canvas")];
        return {
          canvases: canvases.map((one) => getComputedStyle(one).visibility),
          points: document.querySelectorAll(".surface .preview circle").length,
          accuracy: document.querySelector("[data-testid=train-accuracy]")?.textContent,
        };
      });
    const shown = { canvases: ["visible", "visible"], points: 0, accuracy: expect.stringMatching(/ %$/) };
    expect(await look()).toEqual(shown);
    // As long as the worker takes.
    const release = await page.evaluateHandle(() => {
      const { postMessage } = Worker.prototype;
      const held: (() => void)[] = [];
      Worker.prototype.postMessage = function (...given: unknown[]) {
        held.push(() => Reflect.apply(postMessage, this, given));
      };
      return () => {
        Worker.prototype.postMessage = postMessage;
        for (const post of held) post();
      };
    });
    const nothing = { canvases: ["hidden", "hidden"], points: 300, accuracy: "–" };
    await button(page, "Add a hidden layer").click();
    expect(await look()).toEqual(nothing);
    for (const shape of ["moons", "xor", "gauss"]) {
      await page.getByRole("radio", { name: shape }).check({ force: true });
      expect(await look()).toEqual(nothing);
    }
    await release.evaluate((post) => post());
    await atRest(page);
    await settled(page);
    expect(await look()).toEqual(shown);
    expect(page.url()).toContain("points=gauss");
  });

  it("shows a unit's response large when the unit is chosen", async () => {
    const { page } = await site.goTo("playground");
    await atRest(page);
    await settled(page);
    const output = await pictureOf(page, ".surface canvas");
    await button(page, "Show input x").click();
    await page.getByRole("heading", { name: "Response of input x" }).waitFor();
    await settled(page);
    const input = await pictureOf(page, ".surface canvas");
    expect(input.equals(output)).toBe(false);
    await page.getByRole("radio", { name: "100/s" }).check({ force: true });
    await train(page);
    await untilStep(page, 3);
    const left = await stepOf(page);
    await page.reload();
    await atRest(page);
    expect(await stepOf(page)).toBeGreaterThanOrEqual(left);
    expect(await page.getByRole("radio", { name: "100/s" }).isChecked()).toBe(true);
    await page.getByRole("heading", { name: "Response of input x" }).waitFor();
    await button(page, "Back to step 0").click();
    await page.getByTestId("step").getByText("0", { exact: true }).waitFor();
    await atRest(page);
    await button(page, "Show the output").click();
    await page.getByRole("heading", { name: "Decision" }).waitFor();
    await settled(page);
    expect((await pictureOf(page, ".surface canvas")).equals(output)).toBe(true);
  });

  it("says what a number that grew beyond all bounds means, and goes back to where it had not", async () => {
    const { page } = await site.goTo(
      "playground?points=gauss&layers=2&activation=identity&loss=crossEntropy&live=sgd,1e30,0,32",
    );
    await atRest(page);
    await train(page);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    // Whichever comes first: the step, or the look at what the step before made of the network.
    expect(await alert.textContent()).toMatch(
      /(training: step \d+|evaluate: L).*a finite (objective|number).*go back .* lower the learning rate/s,
    );
    await button(page, "Go back and lower η").click();
    await page.getByText(/instead of 1e\+30 from here on/).waitFor();
    expect(await alert.count()).toBe(0);
    expect(await page.getByLabel("Learning rate η").inputValue()).toBe("1");
    await page.getByLabel("Learning rate η").selectOption("0.1");
    await train(page);
    await untilAccurate(page, "test", 95);
    await pause(page);
  });
});
