import { describe, expect, it } from "vitest";
import { planTraining } from "../../src/index.ts";
import worked from "../golden/worked-example.json";
import {
  CLOSE,
  classifier,
  coloursOf,
  decayed,
  decayedAt,
  expectAgreement,
  optionsOf,
  ready,
  type Shown,
  stepOnCpu,
  stopOf,
  tensorsOf,
} from "./board.ts";
import { expectAccessible, expectToFit, settled, useSite, watchGpu } from "./browser.ts";

/** Where the step begins in the published example. */
const workedAt =
  "inside?units=2-2-2&rows=1&activation=sigmoid&output=sigmoid&loss=squaredError&rate=0.5&decay=0&start=worked";

describe("inside a step", () => {
  const site = useSite();

  it.each([
    ["decayed regression", decayedAt, decayed, 28],
    ["a later step", `${decayedAt}&step=3`, decayed, 28],
  ] as const)("shows every tensor of the step as the reference has it (%s)", async (_, at, options, count) => {
    const { page, errors } = await site.goTo(at);
    await ready(page);
    const shown = await tensorsOf(page);
    expect(Object.keys(shown).length).toBe(count);
    expectAgreement(shown, await stepOnCpu(shown, optionsOf(shown, options)));
    const differences = await page
      .locator(".difference")
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-relative"))));
    expect(differences.length).toBe(count);
    expect(Math.max(...differences)).toBeLessThanOrEqual(CLOSE);
    expect(errors).toEqual([]);
  });

  it.each([5, 20])("stays close to the reference where sums cancel, after %i steps", async (step) => {
    const { page } = await site.goTo(`inside?step=${step}`);
    await ready(page);
    const shares = await page
      .locator(".difference")
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute("data-relative"))));
    expect(shares).toHaveLength(34);
    expect(Math.max(...shares)).toBeLessThanOrEqual(CLOSE);
    expect(Number(await page.getByTestId("worst").textContent())).toBeLessThanOrEqual(CLOSE);
  });

  it("shows the published numbers of the worked example", async () => {
    const { page } = await site.goTo(workedAt);
    await ready(page);
    const shown = await tensorsOf(page);
    const { forward, gradients, W, L } = worked;
    const layer = (l: number) => ({ ...forward.layers[l - 1], ...gradients.layers[l - 1], after: W[1][l - 1] });
    const expected: Record<string, readonly number[]> = {
      o: forward.o.flat(),
      do: gradients.do.flat(),
      h1: layer(1).h?.flat() ?? [],
      L: [L],
      s: [0],
      J: [L],
    };
    for (const l of [1, 2]) {
      const { z = [], dz = [], gW = [], after = [] } = layer(l);
      Object.assign(expected, {
        [`z${l}`]: z.flat(),
        [`dz${l}`]: dz.flat(),
        [`dW${l}`]: gW.flat(),
        [`W${l}+`]: after.flat(),
      });
    }
    const part = Object.fromEntries(Object.keys(expected).map((name) => [name, shown[name] as Shown]));
    expectAgreement(part, expected);
    expect(Object.keys(shown)).not.toContain("db1");
  });

  it.each([
    ["regression with λ", "inside?units=3-4-1&rows=5&activation=tanh&loss=squaredError&rate=0.3&decay=0.1&seed=7"],
    ["largest network", "inside?units=6-6-6-6-6&rows=8&activation=tanh&loss=squaredError&rate=0.3&decay=0.1&seed=7"],
  ])("shows every number of the %s at every usual width, and none beside its cell", async (_, at) => {
    const { page } = await site.goTo(at);
    await ready(page);
    for (const width of [320, 360, 390, 600, 768, 1024, 1280, 1536, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await expectToFit(page, width);
      const misfits = await page.locator("table[data-tensor] td").evaluateAll((all) =>
        all.flatMap((cell) => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          const [text, box] = [range.getBoundingClientRect(), cell.getBoundingClientRect()];
          const board = cell.closest(".board")?.getBoundingClientRect();
          const inside = text.left >= box.left && text.right <= box.right && text.bottom <= box.bottom + 0.5;
          return text.width > 4 && inside && box.right <= (board?.right ?? 0)
            ? []
            : [`${cell.id}: ${cell.textContent}`];
        }),
      );
      expect([width, misfits]).toEqual([width, []]);
    }
  });

  it("walks forward and back by keyboard, and what is not computed yet is not shown", async () => {
    const { page } = await site.goTo("inside");
    await ready(page);
    expect(await stopOf(page)).toBe("0 / 18");
    const look = () =>
      page.evaluate(() => {
        const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
        return {
          stop: document.querySelector("[data-testid=stop]")?.textContent,
          written: all(".card.written").map(({ dataset }) => dataset.card),
          read: all(".card.read").map(({ dataset }) => dataset.card),
          known: all("table[data-tensor]:not(.unknown)").map(({ dataset }) => dataset.tensor),
        };
      });
    const seen = [];
    for (let stop = 1; stop <= 18; stop++) {
      await page.keyboard.press("ArrowRight");
      seen.push(await look());
    }
    expect(seen.map(({ stop }) => stop)).toEqual(seen.map((_, i) => `${i + 1} / 18`));
    expect(seen[0]?.known).toEqual(["x", "y", "W1", "b1", "W2", "b2", "W3", "b3"]);
    expect(seen[17]?.known).toHaveLength(34);
    expect(seen.map(({ written }) => written)).toEqual([
      ["x", "y"],
      ["z1"],
      ["h1"],
      ["z2"],
      ["h2"],
      ["o"],
      ["ell", "L", "s", "J"],
      ["do"],
      ["dW3", "db3"],
      ["dh2"],
      ["dz2"],
      ["dW2", "db2"],
      ["dh1"],
      ["dz1"],
      ["dW1", "db1"],
      ["W1+", "b1+"],
      ["W2+", "b2+"],
      ["W3+", "b3+"],
    ]);
    await page.keyboard.press("ArrowRight");
    expect(await stopOf(page)).toBe("18 / 18");
    for (let stop = 17; stop >= 11; stop--) await page.keyboard.press("ArrowLeft");
    expect(await look()).toMatchObject({ stop: "11 / 18", written: ["dz2"], read: ["z2", "h2", "dh2"] });
    expect(await page.locator('table[data-tensor="dW2"].unknown').count()).toBe(1);
    expect(new URL(page.url()).hash).toContain("stop=11");
    await page.reload();
    await ready(page);
    expect(await stopOf(page)).toBe("11 / 18");
  });

  it("says of a focused number what the GPU has, what the reference has, and how it comes about", async () => {
    const { page } = await site.goTo(workedAt);
    await ready(page);
    await page.locator('table[data-tensor="z1"] td').first().focus();
    expect(await page.getByTestId("arithmetic").textContent()).toBe("= 0.15 · 0.05 + 0.2 · 0.1 + 0.35");
    expect(Number(await page.getByTestId("cell-gpu").textContent())).toBeCloseTo(0.3775, 6);
    expect(Number(await page.getByTestId("cell-cpu").textContent())).toBeCloseTo(0.3775, 6);
    const operands = await page.locator("td.operand").evaluateAll((all) => all.map(({ id }) => id));
    expect(operands.sort()).toEqual(["cell-W1-0-0", "cell-W1-0-1", "cell-b1-0-0", "cell-x-0-0", "cell-x-0-1"]);
    // Inside a tensor arrows move from number to number, not through the step.
    await page.keyboard.press("ArrowRight");
    expect(await page.getByTestId("arithmetic").textContent()).toBe("= 0.25 · 0.05 + 0.3 · 0.1 + 0.35");
    expect(await stopOf(page)).toBe("0 / 14");
    await page.locator('table[data-tensor="dz2"] td').first().hover();
    expect(await page.getByTestId("arithmetic").textContent()).toBe("= 0.741 · 0.751 · (1 − 0.751)");
  });

  it("draws each number in the colour of its sign, out of the GPU's buffers", async () => {
    const { page } = await site.goTo("inside");
    await page.setViewportSize({ width: 1280, height: 2400 });
    await ready(page);
    const { W1, "W1+": after, L, J, y } = await tensorsOf(page);
    for (const [name, shown] of Object.entries({ W1, "W1+": after, L, J, y })) {
      const colours = await coloursOf(page, name);
      shown?.values.forEach((value, i) => {
        const [red = 0, , blue = 0] = colours[i] ?? [];
        const sign = Math.abs(blue - red) < 12 ? 0 : Math.sign(blue - red);
        if (Math.abs(value) > 0.15 || value === 0) expect([name, i, sign]).toEqual([name, i, Math.sign(value)]);
      });
    }
  });

  it("reads nothing back to walk through the step", async () => {
    const { page } = await site.goTo("inside");
    await ready(page);
    const calls = await watchGpu(page);
    for (let stop = 0; stop < 5; stop++) await page.keyboard.press("ArrowRight");
    await settled(page);
    expect((await calls()).maps).toBe(0);
    // A new step is read, so the count does count.
    await page.getByRole("button", { name: "Next step" }).click();
    await page.getByTestId("step").getByText("2", { exact: true }).waitFor();
    expect((await calls()).maps).toBeGreaterThan(0);
  });

  it("takes the next step from where the last one ended", async () => {
    const { page } = await site.goTo("inside");
    await ready(page);
    const before = await tensorsOf(page);
    await page.getByRole("button", { name: "Next step" }).click();
    await page.getByTestId("step").getByText("2", { exact: true }).waitFor();
    const after = await tensorsOf(page);
    for (const name of ["W1", "b1", "W2", "b2", "W3", "b3"])
      expect(after[name]?.values).toEqual(before[`${name}+`]?.values);
    expect(after.J?.values[0]).toBeLessThan(before.J?.values[0] ?? 0);
    await page.reload();
    await ready(page);
    expect(await tensorsOf(page)).toEqual(after);
  });

  it("shows both plans, each textbook dispatch with the fused one that swallows it", async () => {
    const { page } = await site.goTo(decayedAt);
    await ready(page);
    const plan = (passes: { fuse?: boolean; oneDispatch?: boolean }) =>
      planTraining({ ...decayed, inputs: 3, rows: 5, shuffle: false, ...passes });
    const [textbook, fused] = [plan({ fuse: false }), plan({ oneDispatch: false })];
    expect([textbook.steps.length, fused.steps.length]).toEqual([25, 6]);
    expect(await page.getByTestId("textbook-dispatches").textContent()).toBe("25 dispatches");
    expect(await page.getByTestId("fused-dispatches").textContent()).toBe("6 dispatches");
    expect(await page.getByTestId("whole-dispatches").textContent()).toBe("1 dispatch");
    const rows = (name: string) =>
      page
        .getByTestId(`${name}-plan`)
        .locator("li")
        .evaluateAll((all) =>
          all.map((row) => [".badge", "code"].map((part) => row.querySelector(part)?.textContent).join(" ")),
        );
    expect(await rows("fused")).toHaveLength(6);
    expect(await rows("textbook")).toEqual([
      "A control = advance()",
      "A order = sample()",
      "BE x = gatherRows(order, X)",
      "C y = gatherRows(order, Y)",
      "B z1 = matmul(x, W1, b1)",
      "B h1 = activation(z1)",
      "C z2 = matmul(h1, W2, b2)",
      "C o = activation(z2)",
      "C scores, do = loss(o, y)",
      "E squares = penalty(W1)",
      "F squares = penalty(W2)",
      "A ring = record(scores, squares)",
      "C dz2 = gradientMultiply(do, z2, o)",
      "F gW2 = matmul(dz2, h1)",
      "F dW2 = decayGradient(gW2, W2)",
      "F gb2 = sumRows(dz2)",
      "D dh1 = matmul(dz2, W2)",
      "D dz1 = gradientMultiply(dh1, z1, h1)",
      "E gW1 = matmul(dz1, x)",
      "E dW1 = decayGradient(gW1, W1)",
      "E gb1 = sumRows(dz1)",
      "E W1 = weightUpdate(gW1, W1)",
      "E b1 = weightUpdate(gb1, b1)",
      "F W2 = weightUpdate(gW2, W2)",
      "F b2 = weightUpdate(gb2, b2)",
    ]);
    expect(await page.locator(".ribbons path").count()).toBe(26);
  });

  it("says which buffers backward needs, and why", async () => {
    const { page } = await site.goTo("inside");
    await ready(page);
    const row = (name: string) =>
      page
        .locator(".lives tbody tr")
        .filter({ has: page.locator("th", { hasText: new RegExp(`^\\s*${name}$`) }) })
        .locator("td")
        .evaluateAll((all) => all.map(({ textContent }) => textContent));
    expect(await row("h¹")).toEqual(["64 B", "from stop 3 to stop 14", "∂J/∂W², φ′ in ∂J/∂z¹", "stored"]);
    expect(await row("z¹")).toEqual(["64 B", "from stop 2 to stop 14", "φ′ in ∂J/∂z¹", "not stored"]);
    expect(await row("W²")).toEqual(["48 B", "always", "∂J/∂h¹", "stored"]);
    expect(await page.locator('[data-card="h2"] .kept').textContent()).toBe("kept for ∂J/∂W³, φ′ in ∂J/∂z²");
  });

  it("follows the presets and the units, and keeps them in the address", async () => {
    const { page } = await site.goTo("inside");
    await ready(page);
    await page.getByText("Worked example 2-2-2").click();
    await page.locator('table[data-tensor="W1"] td[title="0.15000000596046448"]').waitFor();
    expect(new URL(page.url()).hash).toContain("start=worked");
    await page.getByRole("button", { name: "More layer 1" }).click();
    await page.locator('table[data-tensor="b1"] tr').nth(2).waitFor();
    expect(new URL(page.url()).hash).toContain("units=2-3-2");
    expect(new URL(page.url()).hash).not.toContain("start=worked");
  });

  it("plays through the stops, slower where little motion is wanted", async () => {
    // Timers of a second and more run at once, and tell how long they were to wait.
    const { page } = await site.visit({
      at: "inside?stop=16",
      before: (page) =>
        page.addInitScript(() => {
          const wait = globalThis.setTimeout;
          const waits: number[] = [];
          const hurried = (work: () => void, time = 0) => {
            if (time >= 1000) waits.push(time);
            return wait(work, time >= 1000 ? 0 : time);
          };
          Object.assign(globalThis, { waits, setTimeout: hurried });
        }),
    });
    await ready(page);
    const waits = () => page.evaluate(() => (globalThis as unknown as { waits: number[] }).waits.splice(0));
    const play = page.getByRole("button", { name: "Play" });
    await play.click();
    await page.getByTestId("stop").getByText("18 / 18").waitFor();
    await play.waitFor();
    const pace = (await waits())[0] ?? Number.NaN;
    await page.emulateMedia({ reducedMotion: "reduce" });
    await play.click();
    await page.getByTestId("stop").getByText("1 / 18", { exact: true }).waitFor({ state: "detached" });
    await page.getByTestId("stop").getByText("18 / 18").waitFor();
    await play.waitFor();
    const calm = await waits();
    expect(new Set(calm).size).toBe(1);
    expect(calm.length).toBeGreaterThanOrEqual(17);
    expect(calm[0]).toBeGreaterThanOrEqual(2 * pace);
  });

  it("leaves a low screen to the board", async () => {
    const { page } = await site.goTo("inside?stop=11");
    await page.setViewportSize({ width: 844, height: 390 });
    await ready(page);
    await page.locator('[data-card="W3+"]').scrollIntoViewIfNeeded();
    const { y = 0, height = 0 } = (await page.locator(".dock").boundingBox()) ?? {};
    expect(y + height).toBeLessThanOrEqual(0);
  });

  it("has no grave violation of accessibility, and fits, on a screen of 320 px too", async () => {
    // Few columns, which stand side by side there.
    const { page } = await site.goTo("inside?units=2-2-2&activation=sigmoid&stop=9");
    await ready(page);
    await page.setViewportSize({ width: 320, height: 900 });
    await expectToFit(page, 320);
    // A formula that does not fit its card scrolls with the keyboard, and the step stays where it is.
    const formula = page.locator(".formula[tabindex='0']").first();
    await formula.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction((element) => (element?.scrollLeft ?? 0) > 0, await formula.elementHandle());
    expect(await stopOf(page)).toMatch(/^9 \//);
    await expectAccessible(page);
    // And all below one another.
    await site.goTo("inside?stop=11");
    await ready(page);
    await page.setViewportSize({ width: 320, height: 900 });
    await expectToFit(page, 320);
    await expectAccessible(page);
  });
});

describe("inside a step without WebGPU", () => {
  const site = useSite({ webgpu: false });

  it("shows the CPU reference's numbers and says so", async () => {
    const { page } = await site.goTo("inside");
    await page.setViewportSize({ width: 1280, height: 2400 });
    await ready(page);
    await page.getByText("These are the CPU reference’s numbers").waitFor();
    const shown = await tensorsOf(page);
    expectAgreement(shown, await stepOnCpu(shown, optionsOf(shown, classifier)));
    expect(await page.locator(".difference").count()).toBe(0);
    const colours = await coloursOf(page, "W1");
    shown.W1?.values.forEach((value, i) => {
      const [red = 0, , blue = 0] = colours[i] ?? [];
      if (Math.abs(value) > 0.15) expect([i, Math.sign(blue - red)]).toEqual([i, Math.sign(value)]);
    });
    await expectAccessible(page);
  });
});
