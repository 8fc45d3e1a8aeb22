import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { Button } from "./button.tsx";
import { Said } from "./said.tsx";

/** Something to try in place of a file. */
export interface Offer {
  readonly name: string;
  readonly title: string;
  readonly about?: string;
  /** Before the title. */
  readonly picture?: ComponentChildren;
}

export interface DropzoneProps {
  /** What is asked for, for screen readers: `The table`. */
  readonly label: string;
  readonly title: ComponentChildren;
  /** Name of the file that is being read, which can be cancelled. */
  readonly reads: string | undefined;
  readonly onCancel: () => void;
  readonly hint: string;
  /** Text of the button. */
  readonly choose: string;
  /** The kinds of files to choose from, and their name for screen readers. */
  readonly accept: string;
  readonly file: string;
  readonly samples: readonly Offer[];
  /** Whether there is something already. */
  readonly small: boolean;
  readonly onFile: (file: File) => void;
  readonly onSample: (name: string) => void;
}

/** Where data comes from: a file that is dropped on the page or chosen here, or a sample. */
export function Dropzone(props: DropzoneProps) {
  const { label, title, reads, onCancel, hint, choose, accept, file, samples, small, onFile, onSample } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <section class={`dropzone ${small ? "small" : ""}`} aria-label={label}>
      <div>
        <p class="drop-title" role="status">
          {reads === undefined ? (
            title
          ) : (
            <>
              Reading <Said text={reads} /> …
            </>
          )}
        </p>
        {reads === undefined ? (
          <p class="hint">{hint}</p>
        ) : (
          <Button kind="quiet" onClick={onCancel}>
            Cancel
          </Button>
        )}
      </div>
      <Button kind={small ? "plain" : "primary"} onClick={() => input.current?.click()}>
        {choose}
      </Button>
      <input
        ref={input}
        class="hidden"
        type="file"
        accept={accept}
        aria-label={file}
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          const [chosen] = currentTarget.files ?? [];
          if (chosen) onFile(chosen);
          // The same file again, mended, is a change too.
          currentTarget.value = "";
        }}
      />
      <ul class="samples" aria-label="Samples">
        {samples.map(({ name, title, about, picture }) => (
          <li key={name}>
            <button type="button" onClick={() => onSample(name)}>
              {picture}
              <strong>{title}</strong>
              {about && <small>{about}</small>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
