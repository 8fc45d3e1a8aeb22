import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { Button } from "../../components/button.tsx";
import { Confusion } from "../../components/confusion.tsx";
import { LossPanel } from "../../components/loss-panel.tsx";
import { MemoryBar } from "../../components/memory.tsx";
import { Failure } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { epochText, speedOf, TrainingBar } from "../../components/training-bar.tsx";
import { useFault } from "../../components/use-fault.ts";
import { useSession } from "../../components/use-session.ts";
import { useTitle } from "../../components/use-title.ts";
import { type Digits, loadDigits, PIXELS } from "../../digits.ts";
import { download } from "../../download.ts";
import { count, figure, percent } from "../../format.ts";
import { currentQuery, writeQuery } from "../../router.ts";
import type { DigitsContract, Judgement, Mistake, Status } from "./contract.ts";
import { Controls } from "./controls.tsx";
import { DigitImage } from "./digit-image.tsx";
import { type DigitsOptions, firstUnits, fromQuery, toQuery } from "./options.ts";
import { Pad } from "./pad.tsx";
import { INK, preprocess, type Stroke } from "./preprocess.ts";
import { Probabilities } from "./probabilities.tsx";
import { Weights } from "./weights.tsx";
import "./digits.css";

const NAME = "digits";
const names = Array.from({ length: 10 }, (_, digit) => String(digit));

/** What a run is made of, as the worker tells. */
type Begun = DigitsContract["event"] & { kind: "begun" };

export function Page() {
  const [options, setOptions] = useState<DigitsOptions>(() => fromQuery(currentQuery()));
  const [digits, setDigits] = useState<Digits>();
  const [begun, setBegun] = useState<Begun>();
  const [status, setStatus] = useState<Status>();
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  /** Number of the test image that is shown in place of a drawing. */
  const [image, setImage] = useState<number>();
  const [probabilities, setProbabilities] = useState<Float32Array>();
  const { fault, setFault, attempt } = useFault();
  const runs = useRef(0);

  const receive = (event: DigitsContract["event"]) => {
    if (event.kind === "seen") setProbabilities(event.probabilities);
    else if (event.kind === "begun" && event.run === runs.current) setBegun(event);
    else if (event.kind === "status" && event.status.run === runs.current) setStatus(event.status);
  };
  const call = useSession<DigitsContract>(NAME, receive, setFault);
  useEffect(() => {
    void attempt(async () => {
      const loaded = await loadDigits();
      setDigits(loaded);
      await call.take(loaded);
      await call.begin(options, runs.current);
    });
  }, []);

  const change = (part: Partial<DigitsOptions>) => {
    const next = { ...options, ...part };
    setOptions(next);
    writeQuery(NAME, toQuery(next));
    runs.current += 1;
    setStatus(undefined);
    void attempt(() => call.begin(next, runs.current));
  };

  const pixels = useMemo(() => {
    if (image !== undefined && digits) return digits.pixels.subarray(image * PIXELS, (image + 1) * PIXELS);
    return strokes.length > 0 ? preprocess(strokes) : undefined;
  }, [strokes, image, digits]);

  const looking = useRef<{ next: typeof pixels } | undefined>(undefined);
  // Strokes grow faster than answers come: while one is under way, only the latest waits.
  useEffect(() => {
    if (!pixels) setProbabilities(undefined);
    if (looking.current) {
      looking.current.next = pixels;
      return;
    }
    const look = async (): Promise<void> => {
      let asked = pixels;
      for (;;) {
        looking.current = { next: asked };
        await call.look(asked && Uint8Array.from(asked));
        if (looking.current.next === asked) break;
        asked = looking.current.next;
      }
    };
    void attempt(() => look().finally(() => (looking.current = undefined)));
  }, [pixels]);

  const progress = status?.progress;
  const running = progress?.running ?? false;
  const draw = (next: readonly Stroke[]) => {
    setImage(undefined);
    setStrokes(next);
  };
  const showImage = (chosen: number) => {
    setStrokes([]);
    setImage(chosen);
  };
  const next = () => {
    const test = begun?.test;
    if (!test) return;
    showImage(test[(image === undefined ? 0 : test.indexOf(image) + 1) % test.length] ?? 0);
  };
  const clear = () => draw([]);

  // A drawing that grows leaves them as they are.
  const judged = useMemo(
    () => <Judged digits={digits} begun={begun} judgement={status?.judgement} onChoose={showImage} />,
    [digits, begun, status],
  );
  const losses = useMemo(
    () => <LossPanel curves={progress?.curves} test="test images" logarithmic />,
    [progress?.curves],
  );

  useTitle("Digits", running ? `epoch ${progress?.epoch}` : undefined);

  return (
    <>
      <h1>Read handwritten digits</h1>
      <p class="lead">
        A network learns from {begun ? count(begun.train) : "…"} small images in a few seconds, on{" "}
        {backend.value?.kind === "cpu" ? "the CPU reference, as there is no WebGPU" : "your GPU"}. Then draw a digit and
        see what it takes it for.
      </p>
      <Failure fault={fault} />
      <div class="digits">
        <TrainingBar
          progress={progress}
          label={progress && begun ? epochText(progress, begun.train, begun.plan.batch) : "Getting ready …"}
          stats={statsOf(status, begun)}
          disabled={!status}
          onPlay={() => void attempt(() => call.play())}
          onPause={() => void attempt(() => call.pause())}
        />
        <Controls options={options} onChange={change} />
        <div class="stack">
          <Panel title="Draw a digit" class="spaced">
            {image !== undefined && pixels ? (
              <div class="pad shown">
                <DigitImage pixels={pixels} label={`Test image ${image + 1}, a ${digits?.labels[image]}`} />
              </div>
            ) : (
              <Pad strokes={strokes} onChange={draw} />
            )}
            <div class="draw-buttons">
              <Button onClick={clear} disabled={!pixels}>
                Clear
              </Button>
              <Button onClick={next} disabled={!begun}>
                {image === undefined ? "Take a test image" : "Next test image"}
              </Button>
            </div>
            <p class="hint" data-testid="source">
              {image === undefined
                ? "Without a mouse or finger, take test images: the network has not learned from them."
                : `Image ${image + 1} of the set, written as a ${digits?.labels[image]}.`}
            </p>
          </Panel>
          <Panel title="What the network sees" class="seen-panel">
            <Probabilities
              pixels={pixels}
              probabilities={pixels && probabilities}
              trained={(progress?.step ?? 0) > 0}
              running={running}
            />
            <details>
              <summary>How the drawing becomes 8×8 pixels</summary>
              <p>
                As the data set’s own images were made: the strokes are scaled into a box 20 wide and 32 tall in the
                middle of 32×32 pixels, and thickened or thinned to the set’s mean ink of {INK} black pixels. Each block
                of 4×4 then counts its black ones, 0 to 16.
              </p>
            </details>
          </Panel>
        </div>
        <div class="stack">
          <Panel title="Weights of the first layer">
            <Weights call={call} units={firstUnits(options)} hidden={options.layers.length > 0} />
          </Panel>
          {losses}
        </div>
        <div class="stack">
          {judged}
          <Panel title={backend.value?.kind === "cpu" ? "Memory and model" : "On the GPU"} class="spaced memory-panel">
            {begun && <MemoryBar plan={begun.plan} />}
            <Button
              disabled={!status}
              onClick={() => void attempt(async () => download(await call.save(), "digits.safetensors"))}
            >
              Download the model
            </Button>
          </Panel>
        </div>
      </div>
    </>
  );
}

function statsOf(status: Status | undefined, begun: Begun | undefined) {
  const { judgement, progress } = status ?? {};
  return [
    {
      label: `Test accuracy, ${begun ? count(begun.test.length) : "…"} images`,
      value: <span data-testid="accuracy">{judgement ? percent(judgement.accuracy) : "–"}</span>,
      title: "A fifth of the images, chosen at random, is never trained on",
    },
    { label: "Test loss", value: judgement ? figure(judgement.loss) : "–" },
    speedOf(progress, "Samples"),
  ];
}

interface JudgedProps {
  readonly digits: Digits | undefined;
  readonly begun: Begun | undefined;
  readonly judgement: Judgement | undefined;
  readonly onChoose: (image: number) => void;
}

/** What the network takes for what, among the test images. */
const Judged = ({ digits, begun, judgement, onChoose }: JudgedProps) => (
  <>
    <Panel
      title="Which digit is taken for which"
      aside={<span class="hint">{begun ? `${count(begun.test.length)} test images` : ""}</span>}
    >
      <Confusion
        label="Confusion of the test images, down the true digit, across the predicted one"
        classes={names}
        counts={judgement?.confusion ?? new Array<number>(100).fill(0)}
      />
    </Panel>
    <Panel
      title="The worst mistakes"
      aside={<span class="hint">{judgement ? `${count(judgement.mistakes)} in all` : ""}</span>}
    >
      <Mistakes digits={digits} worst={judgement?.worst ?? []} onChoose={onChoose} />
    </Panel>
  </>
);

function Mistakes(props: { digits: Digits | undefined; worst: readonly Mistake[]; onChoose: (image: number) => void }) {
  const { digits, worst, onChoose } = props;
  if (!digits || worst.length === 0) return <p class="hint">None.</p>;
  return (
    <ul class="mistakes">
      {worst.map(({ image, truth, predicted, probability, truthProbability }) => (
        <li key={image}>
          <button
            type="button"
            title={`Image ${image + 1}: look at it above`}
            aria-label={`A ${truth} taken for a ${predicted} with ${percent(probability)}, look at it`}
            onClick={() => onChoose(image)}
          >
            <DigitImage pixels={digits.pixels.subarray(image * PIXELS, (image + 1) * PIXELS)} />
            <span>
              <strong>
                {truth} <span class="as">as</span> {predicted}
              </strong>
              <small>
                {percent(probability)}
                <br />
                true {percent(truthProbability)}
              </small>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
