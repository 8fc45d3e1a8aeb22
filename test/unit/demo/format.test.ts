import { expect, it } from "vitest";
import { figure } from "../../../demo/src/format.ts";

it.each([
  [0, "0"],
  [0.5, "0.5000"],
  [-7.65432, "-7.654"],
  [999.96, "1000"],
  [9999.6, "10000"],
  [12_345, "12350"],
  [345_678, "345700"],
  [-123_456_789, "-123500000"],
  [1.23456e9, "1.235e+9"],
  [0.00123456, "0.001235"],
  [0.000123456, "1.235e-4"],
  [Number.NaN, "NaN"],
])("figure › tells %d by four digits, %s, as prices are read where it is not very long", (value, text) => {
  expect(figure(value)).toBe(text);
});
