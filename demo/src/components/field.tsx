import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Common {
  readonly label: ComponentChildren;
  /** One short sentence below the field. */
  readonly hint?: string;
  readonly disabled?: boolean;
}

export interface SelectProps<T extends string | number> extends Common {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
}

export function Select<T extends string | number>({ label, hint, disabled, value, options, onChange }: SelectProps<T>) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        value={String(value)}
        onChange={({ currentTarget }) => {
          const found = options[currentTarget.selectedIndex];
          if (found) onChange(found.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={String(option.value)}>
            {option.text}
          </option>
        ))}
      </select>
      {hint && <Hint id={`${id}-hint`} text={hint} />}
    </div>
  );
}

export interface RangeProps extends Common {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value as text, beside the label. */
  readonly text: string;
  /** Called when the value is settled, not while the thumb moves. */
  readonly onChange: (value: number) => void;
}

export function Range({ label, hint, disabled, value, min, max, step, text, onChange }: RangeProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>
        {label} <output for={id}>{text}</output>
      </label>
      <input
        id={id}
        type="range"
        disabled={disabled}
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={text}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
      {hint && <Hint id={`${id}-hint`} text={hint} />}
    </div>
  );
}

export interface NumberProps extends Common {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly onChange: (value: number) => void;
}

export function NumberField({ label, hint, disabled, value, min, max, step = 1, onChange }: NumberProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        disabled={disabled}
        min={min}
        max={max}
        step={step}
        value={value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={({ currentTarget }) => {
          const given = currentTarget.valueAsNumber;
          if (Number.isFinite(given)) onChange(Math.min(max, Math.max(min, given)));
          else currentTarget.valueAsNumber = value;
        }}
      />
      {hint && <Hint id={`${id}-hint`} text={hint} />}
    </div>
  );
}

export interface TextProps extends Common {
  readonly value: string;
  /** What may be entered; anything else is taken back. */
  readonly pattern: RegExp;
  readonly onChange: (value: string) => void;
}

export function TextField({ label, hint, disabled, value, pattern, onChange }: TextProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        disabled={disabled}
        value={value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={({ currentTarget }) => {
          const given = currentTarget.value.trim();
          if (pattern.test(given)) onChange(given);
          else currentTarget.value = value;
        }}
      />
      {hint && <Hint id={`${id}-hint`} text={hint} />}
    </div>
  );
}

export interface ChoiceProps<T extends string> extends Common {
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string; readonly picture?: ComponentChildren }[];
  readonly onChange: (value: T) => void;
  /** `tiles` shows a picture above each text. */
  readonly look?: "segments" | "tiles";
}

/** One of a few, all visible: radio buttons in disguise. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
  disabled,
  look = "segments",
}: ChoiceProps<T>) {
  const id = useId();
  return (
    <fieldset class="field choice" disabled={disabled}>
      <legend>{label}</legend>
      <div class={look}>
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              name={id}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>
              {option.picture}
              {option.text}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Hint({ id, text }: { id: string; text: string }) {
  return (
    <p class="hint" id={id}>
      {text}
    </p>
  );
}
