import { lost } from "../../client.ts";
import { Button } from "../../components/button.tsx";
import { Choice } from "../../components/field.tsx";
import { BackIcon, PauseIcon, PlayIcon, StartIcon, StepIcon } from "../../components/icons.tsx";
import { Progress } from "../../components/progress.tsx";
import { StatRow } from "../../components/stats.tsx";
import { compact, count, figure, percent } from "../../format.ts";
import type { Replay, Speed, Status } from "./contract.ts";
import { Scrub } from "./scrub.tsx";
import { Transport } from "./transport.tsx";

export interface TimelineProps {
  readonly status: Status | undefined;
  /** Whether a run is there, or on its way. */
  readonly ready: boolean;
  readonly replay: Replay | undefined;
  readonly speed: Speed;
  readonly onPlay: () => void;
  readonly onPause: () => void;
  readonly onStep: () => void;
  readonly onRewind: (step: number) => Promise<void>;
  readonly onSpeed: (speed: Speed) => void;
}

/** Play, pause, step, rewind, and where training stands. */
export function Timeline({
  status,
  ready: begun,
  replay,
  speed,
  onPlay,
  onPause,
  onStep,
  onRewind,
  onSpeed,
}: TimelineProps) {
  const running = status?.running ?? false;
  const step = status?.state.step ?? 0;
  const reached = status?.reached ?? 0;
  const ready = begun && !lost.value;
  return (
    <section class="panel timeline" aria-label="Training">
      <div class="transport">
        <Transport label="Back to step 0" disabled={!ready || step === 0} onClick={() => void onRewind(0)}>
          <StartIcon />
        </Transport>
        <Transport
          label="One step back"
          disabled={!ready || running || step === 0}
          onClick={() => void onRewind(step - 1)}
        >
          <BackIcon />
        </Transport>
        {running || replay ? (
          <Button kind="primary" onClick={onPause}>
            <PauseIcon /> Pause
          </Button>
        ) : (
          <Button kind="primary" disabled={!ready} onClick={onPlay}>
            <PlayIcon /> Train
          </Button>
        )}
        <Transport label="One step forward" disabled={!ready || running || !!replay} onClick={onStep}>
          <StepIcon />
        </Transport>
      </div>
      <div class="scrub">
        <Scrub step={step} reached={reached} disabled={!ready || reached === 0} onRewind={onRewind} />
        <Marks status={status} />
        {replay ? (
          <ReplayBar replay={replay} />
        ) : (
          <p class="scrub-text">
            <span>
              step <strong data-testid="step">{count(step)}</strong>
              {reached > step && ` of ${count(reached)}`}
            </span>
            {status?.fingerprint && (
              <span class="fingerprint" title="A hash of all weights: equal for equal bits">
                weights <code data-testid="fingerprint">{status.fingerprint}</code>
              </span>
            )}
          </p>
        )}
      </div>
      <Choice
        label="Speed"
        value={speed}
        onChange={onSpeed}
        options={[
          { value: "slow", text: "8/s" },
          { value: "medium", text: "100/s" },
          { value: "full", text: "Full" },
        ]}
      />
      <StatRow label="How training stands" stats={statsOf(status)} />
    </section>
  );
}

/** How far a replay is, with the time that is left. */
function ReplayBar({ replay: { step, from, to, seconds } }: { replay: Replay }) {
  return (
    <Progress
      label={`Replaying step ${count(step)} of ${count(to)}`}
      share={(step - from) / (to - from)}
      seconds={seconds}
    />
  );
}

/** Where options were changed. */
function Marks({ status }: { status: Status | undefined }) {
  if (!status || status.reached === 0) return null;
  return (
    <div class="scrub-marks" aria-hidden="true">
      {status.state.edits.map(({ step }) => (
        <i
          key={step}
          title={`options changed after step ${step}`}
          style={{ left: `${(100 * step) / status.reached}%` }}
        />
      ))}
    </div>
  );
}

function statsOf(status: Status | undefined) {
  const { accuracy, curves, samplesPerSecond } = status ?? {};
  const loss = curves?.train.at(-1);
  return [
    {
      label: "Loss",
      value: loss === undefined ? "–" : figure(loss),
      title: "Mean over the batches since the last report",
    },
    {
      label: "Accuracy on the training points",
      value: <span data-testid="train-accuracy">{accuracy ? percent(accuracy.train) : "–"}</span>,
      title: "Share on the right side",
    },
    {
      label: "Accuracy on the test points",
      value: <span data-testid="test-accuracy">{accuracy?.test === undefined ? "–" : percent(accuracy.test)}</span>,
      title: "Share on the right side, of points that were not trained on",
    },
    { label: "Samples/s", value: samplesPerSecond === undefined ? "–" : compact(samplesPerSecond) },
  ];
}
