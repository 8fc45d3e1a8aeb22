import { expect, it } from "vitest";
import { useDevice } from "../helpers/device.ts";
import { accuracyOf, flowers, succeeded, trainFlowers, useWorkplace } from "./cli.ts";

const device = await useDevice();
const place = useWorkplace(async () => device);

it.each([
  ["momentum", ["--optimizer", "momentum", "--weight-decay", "0.001", "--decay", "per-step"]],
  ["adam", ["--optimizer", "adam", "--learning-rate", "0.01"]],
  ["adamw", ["--optimizer", "adamw", "--learning-rate", "0.01", "--weight-decay", "0.01"]],
  ["no hidden layer", ["--layers", "none", "--scale", "minmax", "--learning-rate", "1"]],
  ["two hidden layers", ["--layers", "8,4", "--activation", "tanh", "--batch", "5"]],
])("train learns with %s", async (_, options) => {
  place.write("flowers.csv", flowers);
  const outcome = await place.run([...trainFlowers, "--layers", "64", "--epochs", "60", ...options]);
  succeeded(outcome);
  expect(accuracyOf(outcome.stdout, "test")).toBe("100.0 %");
});
