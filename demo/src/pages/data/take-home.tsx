import { commandLine, quoteFile, type Task } from "chainrule/table";
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { download } from "../../download.ts";
import { count } from "../../format.ts";
import { configName, configOf, type DataOptions, type Length, modelName } from "./options.ts";
import { samples } from "./samples.ts";

export interface TakeHomeProps {
  readonly file: string;
  /** Name of the sample that the table is; undefined for the user's own, which they have. */
  readonly sample: string | undefined;
  readonly rows: number;
  readonly task: Task;
  readonly options: DataOptions;
  /** Of the training; undefined before there is one. */
  readonly length: Length | undefined;
  /** Whether there is something learned to take. */
  readonly ready: boolean;
  readonly save: () => Promise<Uint8Array<ArrayBuffer>>;
  /** Shows it where it fails. */
  readonly attempt: (work: () => unknown) => Promise<void>;
}

/** The model and its configuration as files, and the commands that use the one and train the same by the other. */
export function TakeHome({ file, sample, rows, task, options, length, ready, save, attempt }: TakeHomeProps) {
  const name = modelName(file);
  const config = configName(file);
  const made = samples.find((one) => one.name === sample);
  // A training that was played again has taken more epochs than were asked for.
  const taken = { ...options, epochs: length?.epochs ?? options.epochs };
  const saveConfig = () => download(new Blob([`${JSON.stringify(configOf(rows, task, taken), null, 2)}\n`]), config);
  return (
    <Panel title="Take it home" class="spaced">
      <Button disabled={!ready} onClick={() => void attempt(async () => download(await save(), name))}>
        Download {name}
      </Button>
      <Command
        label="predict with it"
        text={`${commandLine} predict ${quoteFile(name, "model.safetensors")} new.csv`}
      />
      <Button onClick={() => void attempt(saveConfig)}>Download {config}</Button>
      {length?.onTheWay && (
        <p class="hint">
          The training is on its way: the configuration trains to its end, epoch {count(length.epochs)}.
        </p>
      )}
      {made && (
        <Button onClick={() => void attempt(async () => download(new Blob([await made.make()]), made.file))}>
          Download {made.file}
        </Button>
      )}
      <Command
        label="train the same"
        text={`${commandLine} train ${quoteFile(file, "data.csv")} --config ${quoteFile(config, "data.config.json")}`}
      />
    </Panel>
  );
}

function Command({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <div class="command">
      <div class="command-title">
        <span class="hint">To {label}</span>
        {isSecureContext && (
          <Button kind="quiet" label={`Copy the command to ${label}`} onClick={() => void copy()}>
            {copied ? "Copied" : "Copy"}
          </Button>
        )}
      </div>
      <code>
        {text.split(/ (?=--)/).map((word, i) => (
          <Fragment key={word}>
            {i > 0 && " "}
            <span>{word}</span>
          </Fragment>
        ))}
      </code>
    </div>
  );
}
