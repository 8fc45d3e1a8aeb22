import type { ComponentChildren } from "preact";
import { useLayoutEffect } from "preact/hooks";

export interface DropAreaProps {
  readonly class: string;
  readonly onFile: (file: File) => void;
  readonly children: ComponentChildren;
}

/** A page that takes a file dropped anywhere, beside it too, where the browser would open it. A button of it does the same. */
export function DropArea({ class: given, onFile, children }: DropAreaProps) {
  // A frame later, a file that is dropped as soon as the page is shown would be lost.
  useLayoutEffect(() => {
    const take = (event: DragEvent) => {
      // Text may be dragged into a field.
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (event.type === "drop" && file) onFile(file);
    };
    document.addEventListener("dragover", take);
    document.addEventListener("drop", take);
    return () => {
      document.removeEventListener("dragover", take);
      document.removeEventListener("drop", take);
    };
  });
  return <div class={given}>{children}</div>;
}
