import { useEffect, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { Failure } from "../../components/notice.tsx";
import { useFault } from "../../components/use-fault.ts";
import { useSession } from "../../components/use-session.ts";
import { version } from "../../project.ts";
import { currentQuery } from "../../router.ts";
import { AdapterPanel } from "./adapter-panel.tsx";
import type { Benchmark } from "./benchmark.ts";
import { BenchmarkPanel } from "./benchmark-panel.tsx";
import { CheckPanel } from "./check-panel.tsx";
import type { Description, GpuContract, Work } from "./contract.ts";
import { CopyReport } from "./copy.tsx";
import { FeaturesPanel, LimitsPanel } from "./limits-panel.tsx";
import { checksAtOnce, secondsOf } from "./query.ts";
import { textOf } from "./report.ts";
import type { SelfCheck } from "./self-check.ts";
import "./gpu.css";
import "./check.css";
import "./benchmark.css";

const NAME = "gpu";

export function Page() {
  const [gpu, setGpu] = useState<Description>();
  const [check, setCheck] = useState<SelfCheck>();
  const [benchmark, setBenchmark] = useState<Benchmark>();
  /** What runs, and how far it is. */
  const [running, setRunning] = useState<{ readonly kind: "check" | "benchmark"; readonly work: Work }>();
  const { fault, setFault, attempt: tryTo } = useFault();

  const receive = (event: GpuContract["event"]) => {
    setRunning({ kind: event.kind, work: event.work });
    if (event.kind === "check") setCheck(event.check);
    else setBenchmark(event.benchmark);
  };
  const call = useSession<GpuContract>(NAME, receive, setFault);
  const attempt = async (work: () => Promise<unknown>) => {
    await tryTo(work);
    setRunning(undefined);
  };
  const runCheck = () =>
    attempt(async () => {
      setRunning({ kind: "check", work: { label: "…", share: 0, seconds: 0 } });
      setCheck(await call.check());
    });
  const runBenchmark = (tfjs: boolean) =>
    attempt(async () => {
      setRunning({ kind: "benchmark", work: { label: "…", share: 0, seconds: 0 } });
      setBenchmark(await call.benchmark(secondsOf(currentQuery()), tfjs));
    });

  useEffect(() => {
    void attempt(async () => {
      const description = await call.describe();
      setGpu(description);
      if (description && checksAtOnce(currentQuery())) await runCheck();
    });
  }, []);

  const without = backend.value?.kind === "cpu";
  const busy = running !== undefined;
  const workOf = (kind: "check" | "benchmark") => (running?.kind === kind ? running.work : undefined);
  const report = () =>
    textOf({
      page: "chainrule: this GPU",
      date: new Date().toISOString(),
      versions: { chainrule: version, tfjs: benchmark?.tfjs },
      userAgent: navigator.userAgent,
      gpu,
      selfCheck: check,
      benchmark,
    });

  return (
    <div class="this-gpu">
      <div class="head">
        <div>
          <h1>This GPU</h1>
          <p class="lead">
            What this browser’s GPU is, whether it computes right, and how fast it trains. Nothing is sent: copy what
            you see and show it to whom you like.
          </p>
        </div>
        <CopyReport text={report} disabled={busy || (!gpu && !without)} />
      </div>
      <Failure fault={fault} />
      <div class="columns-of-two">
        <div class="stack">
          <AdapterPanel gpu={gpu} />
          {gpu && <LimitsPanel gpu={gpu} />}
          {gpu && <FeaturesPanel gpu={gpu} />}
        </div>
        <div class="stack">
          {!without && (
            <CheckPanel check={check} work={workOf("check")} disabled={busy || !gpu} onRun={() => void runCheck()} />
          )}
          <BenchmarkPanel
            adapter={gpu?.name}
            without={without}
            software={gpu?.software ?? false}
            benchmark={benchmark}
            work={workOf("benchmark")}
            disabled={busy || (!gpu && !without)}
            onRun={(tfjs) => void runBenchmark(tfjs)}
          />
        </div>
      </div>
    </div>
  );
}
