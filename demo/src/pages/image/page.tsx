import type { Bytes } from "chainrule";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { backend } from "../../client.ts";
import { Button } from "../../components/button.tsx";
import { DropArea } from "../../components/drop-area.tsx";
import { Choice } from "../../components/field.tsx";
import { StartIcon } from "../../components/icons.tsx";
import { LineChart } from "../../components/line-chart.tsx";
import { RolesBar } from "../../components/memory.tsx";
import { Failure } from "../../components/notice.tsx";
import { Panel } from "../../components/panel.tsx";
import { epochText, speedOf, TrainingBar } from "../../components/training-bar.tsx";
import { useFault } from "../../components/use-fault.ts";
import { useLatest } from "../../components/use-latest.ts";
import { useSession } from "../../components/use-session.ts";
import { useTitle } from "../../components/use-title.ts";
import { download } from "../../download.ts";
import { fixed } from "../../format.ts";
import { currentQuery, writeQuery } from "../../router.ts";
import type { Begun, ImageContract, Status } from "./contract.ts";
import { FeatureControls, NetworkControls } from "./controls.tsx";
import { Equations } from "./equations.tsx";
import {
  compares,
  detailFor,
  details,
  detailsFor,
  fromQuery,
  type ImageOptions,
  type SampleName,
  toQuery,
} from "./options.ts";
import type { Picture, Source } from "./picture.ts";
import { mseOf, psnrOf } from "./psnr.ts";
import { type Reader, startReader } from "./reader.ts";
import { samples } from "./samples.ts";
import { PictureSource } from "./source.tsx";
import { Stage } from "./stage.tsx";
import "./image.css";

const NAME = "image";
const SAMPLE = "the sample";

interface Beginning {
  /** Another picture, or the same at another size. */
  readonly from?: Source;
  readonly play: boolean;
}

export function Page() {
  const [options, setOptions] = useState<ImageOptions>(() => fromQuery(currentQuery()));
  const [picture, setPicture] = useState<Picture>();
  const [begun, setBegun] = useState<Begun>();
  const [status, setStatus] = useState<Status>();
  const [memory, setMemory] = useState<Bytes>();
  const { fault, setFault, attempt: tryTo } = useFault();
  const [busy, setBusy] = useState<string>();
  /** Name of the picture that is being read: from the first, the sample. */
  const [reads, setReads] = useState<string | undefined>(SAMPLE);
  const reader = useRef<Reader>(undefined);
  const beginRead = useLatest();
  /** What is asked for, at once; the picture that is there, `taken`, is another while one is being read. */
  const wanted = useRef(options);
  const source = useRef<Source>(options.sample);
  const taken = useRef({ source: source.current, size: options.size });
  const runs = useRef(0);
  const begins = useRef(0);
  /** Whether the run that is being made ready is to be played. */
  const playing = useRef(false);
  const onCpu = backend.value?.kind === "cpu";
  const running = status?.progress.running ?? false;

  const receive = (event: ImageContract["event"]) => {
    if (event.kind === "memory") setMemory(event.bytes);
    else if (event.status.run === runs.current) setStatus(event.status);
  };
  const call = useSession<ImageContract>(NAME, receive, setFault);
  const attempt = async (work: () => Promise<unknown>) => {
    await tryTo(work);
    setBusy(undefined);
  };
  // A frame later, the sample would take the place of a picture that is given as soon as the page is shown.
  useLayoutEffect(() => {
    want({});
    again({ from: options.sample, play: false });
    return stopReading;
  }, []);

  const want = (part: Partial<ImageOptions>) => {
    wanted.current = { ...wanted.current, ...part };
    setOptions(wanted.current);
    writeQuery(NAME, toQuery(wanted.current));
  };
  const stopReading = () => {
    reader.current?.end();
    reader.current = undefined;
  };
  /** The picture before, and its size, are what is wanted again. */
  const keepBefore = () => {
    source.current = taken.current.source;
    if (wanted.current.size !== taken.current.size) want({ size: taken.current.size });
  };
  /** Takes another picture; the one before stays where that cannot be read. @returns whether it is the one that was wanted last */
  const take = async (from: Source): Promise<boolean> => {
    const { size } = wanted.current;
    source.current = from;
    stopReading();
    const latest = beginRead();
    const own = startReader();
    reader.current = own;
    setReads(from instanceof File ? from.name : SAMPLE);
    try {
      const read = await own.call.read(from, await call.longest(size));
      if (!latest()) return false;
      await call.take(read);
      setPicture(read);
      taken.current = { source: from, size };
      return true;
    } catch (error) {
      if (!latest()) return false;
      keepBefore();
      throw error;
    } finally {
      own.end();
      if (latest()) setReads(undefined);
    }
  };
  const cancel = () => {
    beginRead();
    stopReading();
    setReads(undefined);
    keepBefore();
  };
  /** Begins a run, with another picture where one is to be taken; what is trained now stays where that cannot be read. */
  const begin = async ({ from, play }: Beginning) => {
    const turn = ++begins.current;
    playing.current = play;
    try {
      if (from !== undefined && !(await take(from))) return;
      setBusy("Making the network ready …");
      const run = ++runs.current;
      setStatus(undefined);
      const made = await call.begin(wanted.current, run);
      if (made.run !== runs.current) return;
      setBegun(made);
      if (play) await call.play();
    } finally {
      // A later one says itself whether it is to be played.
      if (turn === begins.current) playing.current = false;
    }
  };
  const again = (given: Beginning) => void attempt(() => begin(given));
  const change = (part: Partial<ImageOptions>) => {
    const sized = part.size !== undefined && part.size !== wanted.current.size;
    want(part);
    again({ ...(sized || !picture ? { from: source.current } : {}), play: running || playing.current });
  };
  const takeSample = (name: string) => {
    const found = samples.find((one) => one.name === name);
    if (!found) return;
    want({ sample: found.name as SampleName });
    again({ from: found.name, play: true });
  };
  const takeFile = (file: File) => again({ from: file, play: true });

  const fine = picture && !onCpu ? detailsFor(picture, options) : [1];
  const detail = picture && !onCpu ? detailFor(picture, options) : 1;
  const changeDetail = (next: number) => {
    want({ detail: next });
    void attempt(() => call.detail(next));
  };

  useLayoutEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const [file] = clipboardData?.files ?? [];
      if (file) takeFile(file);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  });
  useTitle("Image", running && status ? `${fixed(psnrOf(status.loss), 1)} dB` : undefined);

  const both = compares(options);
  const { curve, progress } = status ?? {};
  const own = taken.current.source instanceof File;
  /** Whether the first picture was cancelled, or was none: to train takes the sample. */
  const none = !picture && reads === undefined;
  return (
    <DropArea class="image" onFile={takeFile}>
      <h1>Learn a picture</h1>
      <p class="lead">
        A network is told a place, x and y, and learns which colour is there: it becomes the picture, as a function that
        answers between the pixels too. <strong>Your picture stays on this computer</strong>
        {onCpu && `; as there is no WebGPU, the CPU reference learns it at ${picture?.columns}×${picture?.rows}`}.
      </p>
      <Failure fault={fault} />
      <PictureSource picture={picture} reads={reads} onCancel={cancel} onFile={takeFile} onSample={takeSample} />
      <TrainingBar
        progress={progress}
        label={busy ?? (none ? "Not begun" : labelOf(progress, begun, picture))}
        stats={statsOf(status)}
        disabled={!none && (!status || !begun)}
        onPlay={() => (none ? again({ from: source.current, play: true }) : void attempt(() => call.play()))}
        onPause={() => void attempt(() => call.pause())}
      >
        <Button label="Begin again" disabled={!status} onClick={() => change({})}>
          <StartIcon />
        </Button>
      </TrainingBar>
      <div class="image-workbench">
        <div class="stack">
          <Panel
            title="What is learned"
            class="stage-panel"
            aside={
              <Button
                pressed={options.compare}
                disabled={options.features === 0}
                onClick={() => change({ compare: !options.compare })}
              >
                Compare with plain coordinates
              </Button>
            }
          >
            <Stage {...{ call, picture, options, detail, status }} />
            <div class="image-tools">
              <Choice
                label="Points drawn along a pixel’s side"
                value={String(detail)}
                disabled={fine.length === 1}
                options={(onCpu ? details : fine).map((value) => ({ value: String(value), text: `${value}×` }))}
                onChange={(value) => changeDetail(Number(value))}
              />
              <Button
                disabled={!status}
                onClick={() => void attempt(async () => download(await call.save(), "reconstruction.png"))}
              >
                Save as PNG
              </Button>
              <p class="hint">{detailHint(onCpu, fine)}</p>
            </div>
          </Panel>
          <Panel title="PSNR of the whole picture" aside={<span class="hint">dB by step</span>}>
            <LineChart
              label="Peak signal-to-noise ratio in dB by step"
              height={both ? 330 : 230}
              at={curve?.steps ?? []}
              series={[
                {
                  label: options.features === 0 ? "plain coordinates" : "Fourier features",
                  colour: "--positive",
                  values: curve?.main ?? [],
                },
                ...(both ? [{ label: "plain coordinates", colour: "--negative", values: curve?.plain ?? [] }] : []),
              ]}
            />
          </Panel>
        </div>
        <div class="stack">
          <Panel title="What the network sees">
            <FeatureControls options={options} onChange={change} />
            <p class="hint image-lesson">
              From plain x and y a network learns slow changes first and fine ones hardly at all, its spectral bias.
              Waves of many frequencies (Tancik et al. 2020) make edges easy. Too small a σ blurs; too large a one
              leaves grain between the pixels, seen at 4×.
            </p>
          </Panel>
          <Panel title="Network and training">
            <NetworkControls options={options} onCpu={onCpu} onChange={change} />
            <p class="hint image-lesson">
              {own
                ? "The address keeps every option, but not your picture."
                : "The address keeps all of this, to share or come back to."}
            </p>
          </Panel>
          {memory && (
            <Panel title={onCpu ? "Memory" : "On the GPU"}>
              <RolesBar bytes={memory} />
            </Panel>
          )}
        </div>
        <Panel title="In formulas" class="image-formulas">
          <Equations options={options} />
        </Panel>
      </div>
    </DropArea>
  );
}

function labelOf(progress: Status["progress"] | undefined, begun: Begun | undefined, picture: Picture | undefined) {
  if (!progress || !begun || !picture) return "Getting ready …";
  return epochText(progress, picture.columns * picture.rows, begun.plan.batch);
}

function statsOf(status: Status | undefined) {
  return [
    {
      label: "PSNR",
      value: status ? `${fixed(psnrOf(status.loss), 1)} dB` : "–",
      title: "Peak signal-to-noise ratio of the whole picture, 10 log₁₀(1/MSE)",
    },
    {
      label: "Colours are off by",
      value: status ? `${fixed(255 * Math.sqrt(mseOf(status.loss)), 1)} of 255` : "–",
      title: "Root of the mean squared error of red, green and blue",
    },
    speedOf(status?.progress, "Pixels"),
  ];
}

function detailHint(onCpu: boolean, fine: readonly number[]): string {
  if (onCpu) return "More points than pixels take a GPU.";
  if (fine.length < details.length) return "More would take too much memory for a picture and a network of this size.";
  return "The function has a value between the pixels too.";
}
