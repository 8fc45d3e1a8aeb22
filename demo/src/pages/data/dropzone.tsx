import { useRef } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { samples } from "./samples.ts";

export interface DropzoneProps {
  /** Whether there is a table already. */
  readonly small: boolean;
  readonly file: string | undefined;
  readonly busy: string | undefined;
  readonly onFile: (file: File) => void;
  readonly onSample: (name: string) => void;
}

/** Where a table comes from: a file that is dropped or chosen, or a sample. */
export function Dropzone({ small, file, busy, onFile, onSample }: DropzoneProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <section class={`dropzone ${small ? "small" : ""}`} aria-label="The table">
      <div>
        <p class="drop-title">
          {small ? <strong data-testid="file">{file}</strong> : (busy ?? "Drop a CSV file here")}
        </p>
        <p class="hint">
          {small ? "Drop another file, or" : "The first line names the columns, and commas part the cells."}
        </p>
      </div>
      <Button kind={small ? "plain" : "primary"} onClick={() => input.current?.click()}>
        Choose a file
      </Button>
      <input
        ref={input}
        class="hidden"
        type="file"
        accept=".csv,text/csv,text/plain"
        aria-label="CSV file"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          const [chosen] = currentTarget.files ?? [];
          if (chosen) onFile(chosen);
          // The same file again, mended, is a change too.
          currentTarget.value = "";
        }}
      />
      <ul class="samples" aria-label="Samples">
        {samples.map(({ name, title, about }) => (
          <li key={name}>
            <button type="button" onClick={() => onSample(name)}>
              <strong>{title}</strong>
              <small>{about}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
