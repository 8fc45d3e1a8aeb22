import type { ComponentChildren } from "preact";

export interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly kind?: "plain" | "primary" | "quiet";
  /** Name for screen readers and a tooltip, where the children are a sign. */
  readonly label?: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}

export function Button({ children, onClick, kind = "plain", label, disabled, pressed }: ButtonProps) {
  return (
    <button
      type="button"
      class={`button ${kind}`}
      onClick={onClick}
      disabled={disabled}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
    >
      {children}
    </button>
  );
}
