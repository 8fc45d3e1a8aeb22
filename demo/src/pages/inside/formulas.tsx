import type { Activation } from "chainrule";
import type { ComponentChildren } from "preact";
import { Formula, Frac, N, O, Partial, T, V } from "../../components/formula.tsx";
import { below, parseName, spoken } from "./names.ts";
import type { InsideState } from "./state.ts";

/** What formulas depend on. */
export interface FormulaContext {
  readonly state: InsideState;
  readonly layers: number;
}

/** A quantity: W², x, ℓ. */
function Quantity({ letter, layer }: { letter: string; layer: number | undefined }) {
  return layer === undefined ? <V>{letter}</V> : <V up={<N>{layer}</N>}>{letter}</V>;
}

/** A tensor by its name in the plan, as a symbol. */
function TensorSymbol({ name }: { name: string }) {
  if (name === "ell") return <V>ℓ</V>;
  const { by, letter, layer } = parseName(name);
  const quantity = <Quantity letter={letter} layer={layer} />;
  if (by === "") return quantity;
  return <Partial over={<V>{by === "d" ? "J" : "L"}</V>} under={quantity} />;
}

/** W of a layer, transposed. */
const TransposedWeights = ({ layer }: { layer: number }) => (
  <V
    up={
      <>
        <N>{layer}</N>
        <T>ᵀ</T>
      </>
    }
  >
    W
  </V>
);

const bracketed = (inside: ComponentChildren) => (
  <>
    <O>(</O>
    {inside}
    <O>)</O>
  </>
);

/** φ(z), or φ′(z) with `prime`. */
const applied = (φ: Activation, layer: number, prime = false) => (
  <>
    <T>{prime ? `${φ}′` : φ}</T>
    {bracketed(<TensorSymbol name={`z${layer}`} />)}
  </>
);

/** A formula as MathML and as what a screen reader says. */
interface Written {
  readonly math: ComponentChildren;
  readonly text: string;
}

/** The activation after a layer. */
export function activationOf({ state, layers }: FormulaContext, layer: number): Activation {
  if (layer < layers) return state.activation;
  return state.loss === "crossEntropy" ? "identity" : state.output;
}

/** x W ᵀ + b */
const product = (layer: number): Written => ({
  math: (
    <>
      <TensorSymbol name={below(layer)} />
      <TransposedWeights layer={layer} />
      <O>+</O>
      <TensorSymbol name={`b${layer}`} />
    </>
  ),
  text: `${spoken(below(layer))} times W${layer} transposed plus b${layer}`,
});

/** A second name of the same tensor before what it equals; a narrow board leaves it out. */
const alsoCalled = (name: string, math: ComponentChildren) => (
  <>
    <mrow class="equal">
      <TensorSymbol name={name} />
      <O>=</O>
    </mrow>
    {math}
  </>
);

/** What stands on the right of a tensor's equals sign; undefined for what is given. */
function rightSide(name: string, context: FormulaContext): Written | undefined {
  const { state, layers } = context;
  const { by, letter, layer = layers, updated } = parseName(name);
  const classes = state.loss === "crossEntropy";
  const φ = activationOf(context, layer);
  if (updated) {
    return {
      math: (
        <>
          <Quantity letter={letter} layer={layer} />
          <O>−</O>
          <Frac over={<V>η</V>} under={<T>|B|</T>} />
          <TensorSymbol name={`d${letter}${layer}`} />
        </>
      ),
      text: `${letter}${layer} minus eta over rows times gradient`,
    };
  }
  if (by !== "" && letter === "W") {
    if (by === "d" && state.decay > 0) {
      return {
        math: (
          <>
            <TensorSymbol name={`g${letter}${layer}`} />
            <O>+</O>
            <V>λ</V>
            <TensorSymbol name={`W${layer}`} />
          </>
        ),
        text: `data part plus lambda W${layer}`,
      };
    }
    return {
      math: (
        <>
          <msup>
            <mrow>{bracketed(<TensorSymbol name={`dz${layer}`} />)}</mrow>
            <T>T</T>
          </msup>
          <TensorSymbol name={below(layer)} />
        </>
      ),
      text: `gradient of z${layer} transposed times ${spoken(below(layer))}`,
    };
  }
  if (by !== "" && letter === "b") {
    return {
      math: (
        <>
          <O>∑</O>
          <TensorSymbol name={`dz${layer}`} />
        </>
      ),
      text: `sum of the gradient of z${layer} over the rows`,
    };
  }
  if (name === "do") {
    const math = classes ? (
      <>
        <T>softmax</T>
        {bracketed(<V>o</V>)}
        <O>−</O>
        <V down={<V>y</V>}>1</V>
      </>
    ) : (
      <>
        <V>o</V>
        <O>−</O>
        <V>y</V>
      </>
    );
    const text = classes ? "softmax of o minus one at the class" : "o minus y";
    return φ === "identity" ? { math: alsoCalled(`dz${layers}`, math), text } : { math, text };
  }
  if (by === "d" && letter === "h") {
    const math = (
      <>
        <TensorSymbol name={`dz${layer + 1}`} />
        <TensorSymbol name={`W${layer + 1}`} />
      </>
    );
    const text = `gradient of z${layer + 1} times W${layer + 1}`;
    return φ === "identity" ? { math: alsoCalled(`dz${layer}`, math), text } : { math, text };
  }
  if (by === "d" && letter === "z") {
    return {
      math: (
        <>
          <TensorSymbol name={layer === layers ? "do" : `dh${layer}`} />
          <O>⊙</O>
          {applied(φ, layer, true)}
        </>
      ),
      text: `gradient of ${layer === layers ? "o" : `h${layer}`} times ${φ} prime of z${layer}`,
    };
  }
  if (letter === "z") return product(layer);
  if (letter === "h" || letter === "o") {
    if (φ !== "identity") return { math: applied(φ, layer), text: `${φ} of z${layer}` };
    const { math, text } = product(layer);
    return { math: alsoCalled(`z${layer}`, math), text };
  }
  if (name === "ell") return classes ? crossEntropy : squaredError;
  return sums[name];
}

const crossEntropy: Written = {
  math: (
    <>
      <T>log</T>
      <msub>
        <mo>∑</mo>
        <V>j</V>
      </msub>
      <V up={<V down={<V>j</V>}>o</V>}>e</V>
      <O>−</O>
      <V down={<V>y</V>}>o</V>
    </>
  ),
  text: "log of the sum of e to the o j, minus o y",
};

const squaredError: Written = {
  math: (
    <>
      <Frac over={<N>1</N>} under={<N>2</N>} />
      <msub>
        <mo>∑</mo>
        <V>j</V>
      </msub>
      <O>(</O>
      <V down={<V>j</V>}>o</V>
      <O>−</O>
      <V down={<V>j</V>}>y</V>
      <V up={<N>2</N>}>)</V>
    </>
  ),
  text: "one half of the sum of o j minus y j squared",
};

const sums: Readonly<Record<string, Written>> = {
  L: {
    math: (
      <>
        <O>∑</O>
        <V>ℓ</V>
      </>
    ),
    text: "sum of l over the rows",
  },
  s: {
    math: (
      <>
        <Frac over={<V>λ</V>} under={<N>2</N>} />
        <O>∑</O>
        <V up={<N>2</N>}>‖W‖</V>
      </>
    ),
    text: "lambda over two times the sum of all squared weights",
  },
  J: {
    math: (
      <>
        <V>L</V>
        <O>+</O>
        <V>s</V>
      </>
    ),
    text: "L plus s",
  },
};

/** The formula of a tensor. */
export function TensorFormula({ name, context }: { name: string; context: FormulaContext }) {
  const right = rightSide(name, context);
  const { updated } = parseName(name);
  return (
    <Formula text={`${spoken(name)}${right ? ` = ${right.text}` : ""}`}>
      <TensorSymbol name={name} />
      {right && <O>{updated ? "←" : "="}</O>}
      {right?.math}
    </Formula>
  );
}
