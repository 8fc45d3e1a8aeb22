import { controlNames } from "../../src/kernels/control.ts";

/** A field of the control block where it is bound as atomic words `control`, as a u32. */
export const controlWord = (name: (typeof controlNames)[number]) =>
  `atomicLoad(&control[${controlNames.indexOf(name)}])`;

/** Statement that sets a bit of `halted` of a control block bound so. */
export const raise = (bit: number) => `atomicOr(&control[${controlNames.indexOf("halted")}], ${bit}u);`;
