/** How far a piece of work is. */
export interface Work {
  /** What is done now. */
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  /** Seconds spent so far. */
  readonly seconds: number;
}
