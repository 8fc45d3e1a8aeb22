import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface PanelProps {
  readonly title: ComponentChildren;
  readonly children: ComponentChildren;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly class?: string;
}

/** A titled part of a page. */
export function Panel({ title, children, aside, class: given = "" }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${given}`} aria-labelledby={id}>
      <div class="panel-title">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
