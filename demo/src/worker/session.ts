import type { Device } from "chainrule";
import type { Contract } from "./protocol.ts";

/** What the worker gives a session. */
export interface Context<C extends Contract> {
  /** The GPU; undefined where there is none and the CPU reference trains instead. */
  readonly device: Device | undefined;
  /** Sends an event to the page. */
  emit(event: C["event"]): void;
  /** Shows an error that no call waits for. */
  fail(error: unknown): void;
}

/** A page's half in the worker. */
export interface Session<C extends Contract> {
  readonly methods: C["methods"];
  /** Ends what runs and frees what the session made on the GPU. @returns when it is free, if that takes a while */
  close(): unknown;
  /** @returns when what is to be drawn is drawn; left out by a session that draws nothing */
  settled?(): Promise<unknown>;
}

/** What `pages/<page>/session.ts` exports as `open`. */
export type OpenSession<C extends Contract> = (context: Context<C>) => Session<C>;
