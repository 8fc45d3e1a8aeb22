import type { ComponentChildren } from "preact";

export interface TransportProps {
  readonly label: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** A button that keeps the keyboard's focus when its own act leaves it nothing more to do. */
export function Transport({ label, disabled, onClick, children }: TransportProps) {
  return (
    <button
      type="button"
      class="button quiet"
      aria-label={label}
      title={label}
      aria-disabled={disabled}
      onClick={() => !disabled && onClick()}
    >
      {children}
    </button>
  );
}
