import type { ComponentChildren } from "preact";

export interface DropAreaProps {
  readonly class: string;
  readonly onFile: (file: File) => void;
  readonly children: ComponentChildren;
}

/** A page on which a file may be dropped anywhere. */
export function DropArea({ class: given, onFile, children }: DropAreaProps) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it is the mouse's way; a button of the page does the same.
    <div
      class={given}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        const [file] = event.dataTransfer?.files ?? [];
        if (file) onFile(file);
      }}
    >
      {children}
    </div>
  );
}
