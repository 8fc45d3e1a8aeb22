import { h } from "preact";
import { describe, expect, it } from "vitest";
import type { StepRecord } from "../../../demo/src/pages/inside/contract.ts";
import { changeText } from "../../../demo/src/pages/inside/explain.ts";
import { HeatTable } from "../../../demo/src/pages/inside/heat-table.tsx";
import { measure } from "../../../demo/src/pages/inside/measure.ts";
import { open } from "../../../demo/src/pages/inside/session.ts";
import { fitting, type InsideState, MOST_ROWS, MOST_UNITS, presets } from "../../../demo/src/pages/inside/state.ts";
import { useSessions } from "./session.ts";
import { shownText } from "./shown-text.ts";

const visit = useSessions();
const preset = (wanted: string): InsideState => {
  const found = presets.find(({ name }) => name === wanted);
  if (!found) throw new Error(`no preset ${wanted}`);
  return found.state;
};
const take = (state: InsideState): Promise<StepRecord> => visit(open).call.take(state);

const decayed = preset("decayed");
const most = [MOST_UNITS, MOST_UNITS, MOST_UNITS];
const largest = { inputs: MOST_UNITS, hidden: most, outputs: MOST_UNITS, rows: MOST_ROWS };

/** Width in pixels of the board in windows of 320 and 1920 px. */
const [narrowest, widest] = [270, 1500];

describe("the board", () => {
  it.each<readonly [string, InsideState]>([
    ...presets.map(({ name, state }) => [name, state] as const),
    ["the largest regression with λ", fitting({ ...decayed, ...largest })],
    ["the largest classifier with λ", fitting({ ...preset("classifier"), ...largest, decay: 0.1 })],
  ])("has room for every number at every width: %s", async (_, state) => {
    const record = await take(state);
    const columns = Math.max(...Object.values(record.tensors).map(({ shape }) => shape[1] ?? 1));
    for (let width = narrowest; width <= widest; width += 10) {
      const { layout, cell, digits } = measure(width, record);
      // What `−0.15` and `−0.123` take in its small letters.
      expect([width, cell >= (digits === 3 ? 46 : 34)]).toEqual([width, true]);
      const side = layout === "single" ? width - 28 : (width - 40) / 2;
      if (layout !== "wide") expect([width, columns * cell + 14 <= side]).toEqual([width, true]);
    }
  });

  it("lies in one line where its numbers fit, and otherwise in two columns or one", async () => {
    const [classifier, regression] = [await take(preset("classifier")), await take(decayed)];
    const layouts = (record: StepRecord) => [280, 350, 1180, 1436].map((width) => measure(width, record).layout);
    expect(layouts(classifier)).toEqual(["single", "narrow", "wide", "wide"]);
    expect(layouts(regression)).toEqual(["single", "narrow", "narrow", "wide"]);
  });

  it("shows of every updated number by how much it changed, in the worked example too", async () => {
    const { tensors } = await take(preset("worked"));
    const shown = (name: string) => {
      const [values, before] = [tensors[`${name}+`], tensors[name]];
      if (!values || !before) throw new Error(`no ${name}`);
      return shownText(h(HeatTable, { name: `${name}+`, values, before, digits: 3, known: true }));
    };
    // W¹ of the published example: .1498, .1996, .2498, .2995.
    expect(shown("W1")).toBe("0.150−2e−40.200−4e−40.250−2e−40.300−5e−4");
    expect(shown("W2")).toBe("0.359−0.0410.409−0.0410.511+0.0110.561+0.011");
  });

  it.each([
    [0, "±0"],
    [1e-9, "+1e−9"],
    [-0.00044, "−4e−4"],
    [-0.25, "−0.25"],
    [1.5, "+1.5"],
  ])("writes the change %d as %s", (change, text) => {
    expect(changeText(change, 2)).toBe(text);
  });
});
