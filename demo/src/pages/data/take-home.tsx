import type { Task } from "chainrule/table";
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { download } from "../../download.ts";
import { configName, configOf, type DataOptions, modelName, quote } from "./options.ts";
import { samples } from "./samples.ts";

export interface TakeHomeProps {
  readonly file: string;
  /** Name of the sample that the table is; undefined for the user's own, which they have. */
  readonly sample: string | undefined;
  readonly rows: number;
  readonly task: Task;
  readonly options: DataOptions;
  /** Whether there is something learned to take. */
  readonly ready: boolean;
  readonly save: () => Promise<Uint8Array<ArrayBuffer>>;
  /** Shows it where it fails. */
  readonly attempt: (work: () => unknown) => Promise<void>;
}

/** The model and its configuration as files, and the commands that use the one and train the same by the other. */
export function TakeHome({ file, sample, rows, task, options, ready, save, attempt }: TakeHomeProps) {
  const name = modelName(file);
  const config = configName(file);
  const made = samples.find((one) => one.name === sample);
  const saveConfig = () => download(new Blob([`${JSON.stringify(configOf(rows, task, options), null, 2)}\n`]), config);
  const parted = options.ignored.filter((column) => column.includes(","));
  return (
    <Panel title="Take it home" class="spaced">
      <Button disabled={!ready} onClick={() => void attempt(async () => download(await save(), name))}>
        Download {name}
      </Button>
      <Command label="predict with it" text={`npx chainrule predict ${quote(name)} new.csv`} />
      <Button onClick={() => void attempt(saveConfig)}>Download {config}</Button>
      {made && (
        <Button onClick={() => void attempt(async () => download(new Blob([await made.make()]), made.file))}>
          Download {made.file}
        </Button>
      )}
      <Command label="train the same" text={`npx chainrule train ${quote(file)} --config ${quote(config)}`} />
      {parted.length > 0 && (
        <p class="hint">The command line parts names by commas: rename “{parted[0]}” in the table before you run it.</p>
      )}
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
