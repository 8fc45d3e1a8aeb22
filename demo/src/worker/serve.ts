import { type Contract, type FaultMessage, faultOf, refuseUnread, transferables } from "./protocol.ts";

/** What a worker aside is asked, and what it answers. */
export interface AsideCall {
  readonly id: number;
  readonly method: string;
  readonly given: readonly unknown[];
}
export type AsideAnswer = { readonly id: number } & ({ readonly value: unknown } | { readonly fault: FaultMessage });

/** The global scope of a dedicated worker, which TypeScript's DOM library takes for a window. */
interface Scope {
  postMessage(message: AsideAnswer, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<AsideCall>) => void) | null;
  onmessageerror: (() => void) | null;
}

/** Answers what the page asks of a worker aside (`aside.ts`). */
export function serve(methods: Contract["methods"], scope = globalThis as unknown as Scope): void {
  scope.onmessage = async ({ data: { id, method, given } }) => {
    try {
      const value = await methods[method]?.(...given);
      scope.postMessage({ id, value }, transferables([value]));
    } catch (error) {
      scope.postMessage({ id, fault: faultOf(error) }, []);
    }
  };
  scope.onmessageerror = refuseUnread;
}
