import { type Aside, aside } from "../../aside.ts";
import { startWorker } from "../../scripts.ts";
import type { Outlook, Prepared, Source, TableContract, TableSummary } from "./contract.ts";
import type { DataOptions } from "./options.ts";
import script from "./table-worker.ts?worker&url";

type Work = Aside<TableContract["methods"]>;

/** A table in a worker of its own. Its methods are those of `TableContract`. */
export interface Reader {
  read(source: Source): Promise<TableSummary>;
  prepare(options: DataOptions): Promise<Prepared>;
  /** Of several targets asked for while it looks at one only the latest is looked at. @returns undefined for the others */
  look(target: string): Promise<Outlook | undefined>;
  /** Ends a `prepare` that is under way, if one is, amid whatever it does: the table is read again for what comes next. */
  stop(): void;
  /** Ends it for good. */
  end(): void;
}

export function startReader(start: () => Work = () => aside(startWorker(script, "table"))): Reader {
  let worker = start();
  let source: Source | undefined;
  /** Until the worker has the table again. */
  let ready: Promise<unknown> = Promise.resolve();
  /** What the worker prepares. */
  let preparing = 0;
  /** Targets that were asked for, and the look at the one before. */
  let targets = 0;
  let looking: Promise<unknown> = Promise.resolve();

  const ask = async <T>(work: (call: Work["call"]) => Promise<T>): Promise<T> => {
    const { call } = worker;
    await ready;
    return work(call);
  };
  return {
    read(given) {
      source = given;
      return worker.call.read(given);
    },
    async prepare(options) {
      const own = worker;
      preparing += 1;
      try {
        return await ask((call) => call.prepare(options));
      } finally {
        if (own === worker) preparing -= 1;
      }
    },
    async look(target) {
      targets += 1;
      const own = targets;
      for (;;) {
        await looking.catch(() => undefined);
        if (own !== targets) return undefined;
        const asked = worker;
        const look = ask((call) => call.look(target));
        looking = look;
        try {
          return await look;
        } catch (error) {
          // What was stopped was not this.
          if (asked === worker) throw error;
        }
      }
    },
    stop() {
      if (preparing === 0 || !source) return;
      worker.end();
      worker = start();
      preparing = 0;
      ready = worker.call.read(source);
      ready.catch(() => undefined);
    },
    end: () => worker.end(),
  };
}
