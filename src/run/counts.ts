import { refuse, show } from "../model/options.ts";

/** @throws ModelError unless `n` steps can be taken */
export function checkSteps(n: number): void {
  atLeastOne("step", n, "steps", "leave the number out to take one step");
}

/** @throws ModelError unless so many epochs can be trained */
export function checkEpochs(epochs: number): void {
  atLeastOne("fit", epochs, "epochs", "set epochs to how often each row is to be seen");
}

/** @throws ModelError unless `seed` is a u32 */
export function checkSeed(where: string, seed: number): void {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return;
  refuse(where, `seed ${show(seed)}`, "a whole number from 0 to 4294967295", "choose such a number");
}

function atLeastOne(where: string, value: number, noun: string, remedy: string): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  refuse(where, `${show(value)} ${noun}`, "a whole number of at least 1", remedy);
}
