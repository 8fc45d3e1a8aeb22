import { brief } from "./brief.ts";

/** What every error of this library says: where it happened, what was got, what was expected and what mends it. */
export interface Fault {
  /** The place, from the outside in: `model: layer 2`, `digits.csv: line 3, column 5`. */
  readonly where: string;
  readonly got: string;
  readonly expected: string;
  /** An instruction that mends it: `set layer 2's inputs to 65 or leave them out`. */
  readonly remedy: string;
}

/**
 * Base of all errors thrown on purpose. The message reads `where: got …, expected …; remedy.` in at most 300 letters of one line,
 * and nothing in it is hidden, whatever text of a file or a caller it quotes: so are its parts, of at most 250 letters each. Of what
 * is longer the middle is left out, which is no part of the remedy. What is long by its nature, such as a compiler's log, is its
 * `cause`.
 */
export abstract class ChainruleError<F extends Fault = Fault> extends Error implements Fault {
  declare readonly where: string;
  declare readonly got: string;
  declare readonly expected: string;
  declare readonly remedy: string;

  constructor(fault: F, options?: ErrorOptions) {
    const said: { -readonly [K in keyof Fault]: string } = { ...fault };
    for (const part of ["where", "got", "expected", "remedy"] as const) said[part] = brief(`${said[part]}`, 250);
    super(
      `${brief(`${said.where}: got ${said.got}, expected ${said.expected}`, 297 - said.remedy.length)}; ${said.remedy}.`,
      options,
    );
    Object.assign(this, said);
  }
}

/** The description of a network, loss, optimizer or option is wrong in itself. */
export class ModelError extends ChainruleError {
  override readonly name = "ModelError";
}

/** Sizes that do not fit together. */
export class ShapeError extends ChainruleError {
  override readonly name = "ShapeError";
}

/** A plan is malformed, or asked for something that it does not hold. */
export class PlanError extends ChainruleError {
  override readonly name = "PlanError";
}

/** No adapter, a lost device, out of memory, a limit exceeded, a shader refused; a call after `dispose()`. */
export class DeviceError extends ChainruleError {
  override readonly name = "DeviceError";
}

/** Data or a file that cannot be used; `line` and `column` count from 1 where the source is text. */
export class DataError extends ChainruleError<Fault & { readonly line?: number; readonly column?: number }> {
  override readonly name = "DataError";
  declare readonly line: number | undefined;
  declare readonly column: number | undefined;
}

/**
 * The objective became NaN or infinite, or, in a fused plan that updates before all losses are summed, a sum of |B| losses like the
 * worst row's would. The parameters are those from before `step`, which was not applied; `remedy` says where an overflow in a
 * step before has reached them.
 */
export class NumericError extends ChainruleError<Fault & { readonly step: number; readonly tensor: string }> {
  override readonly name = "NumericError";
  /** First step whose objective was not finite, counted from 1; 0 for what `evaluate` and `predict` find. */
  declare readonly step: number;
  /** First tensor of that step, in the plan's order, that holds a value that is not finite. */
  declare readonly tensor: string;
}

/** What a call is refused with once what it is for was disposed. @param where the name of that */
export const afterDispose = (where: string): DeviceError =>
  new DeviceError({
    where,
    got: "a call after dispose()",
    expected: `a ${where} that is in use`,
    remedy: `make a new ${where}`,
  });
