import type { ComponentChildren } from "preact";
import { plain } from "../format.ts";

/** A formula in MathML, built out of the parts below: `<Formula text="z = W h + b"><V>z</V><O>=</O>…</Formula>`. */
export function Formula({
  children,
  text,
  block = false,
}: {
  children: ComponentChildren;
  text: string;
  block?: boolean;
}) {
  return (
    <math display={block ? "block" : "inline"} aria-label={text}>
      <mrow>{children}</mrow>
    </math>
  );
}

/** A variable. `up` and `down` are its superscript and subscript. */
export function V({ children, up, down }: { children: string; up?: ComponentChildren; down?: ComponentChildren }) {
  const base = <mi>{children}</mi>;
  if (up !== undefined && down !== undefined) {
    return (
      <msubsup>
        {base}
        <mrow>{down}</mrow>
        <mrow>{up}</mrow>
      </msubsup>
    );
  }
  if (up !== undefined) {
    return (
      <msup>
        {base}
        <mrow>{up}</mrow>
      </msup>
    );
  }
  if (down === undefined) return base;
  return (
    <msub>
      {base}
      <mrow>{down}</mrow>
    </msub>
  );
}

/** An operator or bracket. */
export const O = ({ children }: { children: string }) => <mo>{children}</mo>;

/** A number. */
export const N = ({ children }: { children: string | number }) => (
  <mn>{typeof children === "number" ? plain(children) : children}</mn>
);

/** A word, such as the name of a function. */
export const T = ({ children }: { children: string }) => <mtext>{children}</mtext>;

/** `over` divided by `under`. */
export const Frac = ({ over, under }: { over: ComponentChildren; under: ComponentChildren }) => (
  <mfrac>
    <mrow>{over}</mrow>
    <mrow>{under}</mrow>
  </mfrac>
);

/** ∂over/∂under */
export const Partial = ({ over, under }: { over: ComponentChildren; under: ComponentChildren }) => (
  <Frac
    over={
      <>
        <mo>∂</mo>
        {over}
      </>
    }
    under={
      <>
        <mo>∂</mo>
        {under}
      </>
    }
  />
);
