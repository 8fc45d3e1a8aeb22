/**
 * What is wrong with given numbers, without its words: those are loaded by what fails alone. No caller gets to see one.
 * @param fault its name, and `given` what its words are about
 */
export class Unfit extends Error {
  readonly fault: string;
  readonly given: readonly unknown[];

  constructor(fault: string, given: readonly unknown[]) {
    super(fault);
    this.fault = fault;
    this.given = given;
  }
}
