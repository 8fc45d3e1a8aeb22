import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useState } from "preact/hooks";
import { count, plain } from "../format.ts";

interface FieldProps {
  readonly label: ComponentChildren;
  /** One short sentence below the field. */
  readonly hint?: string;
  readonly disabled?: boolean;
}

/** What ties an input to its label and hint. */
interface Ties {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean | undefined;
}

interface LabelledProps extends Pick<FieldProps, "label"> {
  readonly hint: string | undefined;
  /** The value as text, beside the label. */
  readonly output?: string;
  /** What is wrong with what was entered, if anything. */
  readonly problem?: string | undefined;
  readonly children: (ties: Ties) => ComponentChildren;
}

/** An input with its label above, and its hint or what is wrong below. */
function Labelled({ label, hint, output, problem, children }: LabelledProps) {
  const id = useId();
  const described = problem ? `${id}-problem` : hint ? `${id}-hint` : undefined;
  return (
    <div class="field">
      <label for={id}>
        {label} {output !== undefined && <output for={id}>{output}</output>}
      </label>
      {children({ id, "aria-describedby": described, "aria-invalid": problem !== undefined || undefined })}
      {problem ? (
        <p class="problem" role="alert" id={described}>
          {problem}
        </p>
      ) : (
        hint && (
          <p class="hint" id={described}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

/** One of a few to choose. */
export interface Option<T extends string | number> {
  readonly value: T;
  readonly text: string;
}

/** Values that are their own text. */
export const plainly = <T extends string | number>(values: readonly T[]): readonly Option<T>[] =>
  values.map((value) => ({ value, text: typeof value === "number" ? plain(value) : String(value) }));

export interface SelectProps<T extends string | number> extends FieldProps {
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
}

export function Select<T extends string | number>({ label, hint, disabled, value, options, onChange }: SelectProps<T>) {
  return (
    <Labelled label={label} hint={hint}>
      {(ties) => (
        <select
          {...ties}
          disabled={disabled}
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
      )}
    </Labelled>
  );
}

export interface NumberSelectProps extends FieldProps {
  readonly value: number;
  /** The usual ones, ascending; an address may have brought another. */
  readonly values: readonly number[];
  readonly onChange: (value: number) => void;
  readonly textOf?: (value: number) => string;
}

/** One of the usual numbers, or the one in use. */
export function NumberSelect({ values, textOf = plain, ...others }: NumberSelectProps) {
  const all = values.includes(others.value) ? values : [...values, others.value].sort((a, b) => a - b);
  return <Select {...others} options={all.map((value) => ({ value, text: textOf(value) }))} />;
}

/** An event of an input. */
interface Entered {
  readonly currentTarget: HTMLInputElement;
}

/**
 * What an input shows, and what it does with it: what is being entered stays, however often the page is drawn anew, until it is
 * settled or left, or another value comes.
 * @param settle takes what was entered
 */
function useDraft(value: string | number, settle: (text: string) => void) {
  const [draft, setDraft] = useState<{ readonly text: string; readonly over: string | number }>();
  return {
    value: draft?.over === value ? draft.text : value,
    onInput: ({ currentTarget }: Entered) => setDraft({ text: currentTarget.value, over: value }),
    onChange: ({ currentTarget }: Entered) => {
      setDraft(undefined);
      settle(currentTarget.value);
    },
    // What was entered and taken back is no change.
    onBlur: () => setDraft(undefined),
  };
}

export interface RangeProps extends FieldProps {
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
  const entry = useDraft(value, (given) => onChange(Number(given)));
  return (
    <Labelled label={label} hint={hint} output={text}>
      {(ties) => (
        <input
          {...ties}
          type="range"
          disabled={disabled}
          min={min}
          max={max}
          step={step}
          aria-valuetext={text}
          {...entry}
        />
      )}
    </Labelled>
  );
}

export interface NumberProps extends FieldProps {
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

/**
 * What stands in a field: the value, what is being entered, or what was entered that cannot be taken, until it is mended or the
 * value changes.
 * @param read what a text stands for, or undefined
 */
function useEntry<T extends string | number>(
  value: T,
  read: (text: string) => T | undefined,
  onChange: (value: T) => void,
) {
  const [wrong, setWrong] = useState<string>();
  // A frame later, it would undo what is entered as soon as the new value is shown.
  useLayoutEffect(() => setWrong(undefined), [value]);
  const entry = useDraft(wrong ?? value, (text) => {
    const given = read(text);
    setWrong(given === undefined ? text : undefined);
    if (given !== undefined) onChange(given);
  });
  return { wrong, entry };
}

/** A whole number, whose text the browser reads in its own language. */
export function NumberField({ label, hint, disabled, value, min, max, onChange }: NumberProps) {
  const read = (text: string) => {
    const given = text.trim() === "" ? Number.NaN : Number(text);
    return Number.isInteger(given) && given >= min && given <= max ? given : undefined;
  };
  const { wrong, entry } = useEntry(value, read, onChange);
  const problem =
    wrong === undefined ? undefined : `Not taken: give a whole number from ${count(min)} to ${count(max)}.`;
  return (
    <Labelled label={label} hint={hint} problem={problem}>
      {(ties) => (
        <input
          {...ties}
          type="number"
          inputMode="numeric"
          disabled={disabled}
          min={min}
          max={max}
          step={1}
          {...entry}
        />
      )}
    </Labelled>
  );
}

/** The seed of a run. */
export const SeedField = (props: Pick<NumberProps, "value" | "hint" | "onChange"> & { readonly max?: number }) => (
  <NumberField label="Seed" min={0} max={2 ** 32 - 1} {...props} />
);

export interface TextProps extends FieldProps {
  readonly value: string;
  /** What may be entered, … */
  readonly pattern: RegExp;
  /** … in a few words: `sizes such as 64,32`. */
  readonly expected: string;
  readonly onChange: (value: string) => void;
}

export function TextField({ label, hint, disabled, value, pattern, expected, onChange }: TextProps) {
  const read = (text: string) => (pattern.test(text.trim()) ? text.trim() : undefined);
  const { wrong, entry } = useEntry(value, read, onChange);
  return (
    <Labelled label={label} hint={hint} problem={wrong === undefined ? undefined : `Not taken: give ${expected}.`}>
      {(ties) => <input {...ties} type="text" disabled={disabled} {...entry} />}
    </Labelled>
  );
}

export interface ChoiceProps<T extends string> extends Omit<FieldProps, "hint"> {
  readonly value: T;
  readonly options: readonly (Option<T> & { readonly picture?: ComponentChildren })[];
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
