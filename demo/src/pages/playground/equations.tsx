import { Formula, Frac, N, O, Partial, T, V } from "../../components/formula.tsx";
import { rounded } from "../../format.ts";
import type { LiveOptions, RunOptions } from "./options.ts";

/** The step that the GPU takes, as formulas that follow the options. */
export function Equations({ run, live }: { run: RunOptions; live: LiveOptions }) {
  const last = run.layers.length + 1;
  const φ = run.activation === "identity" ? "" : run.activation;
  return (
    <dl class="equations">
      <dt>Forward</dt>
      <dd>
        {run.layers.length > 0 && (
          <Formula text="z l = W l h l minus 1 + b l">
            <V up={<V>ℓ</V>}>z</V>
            <O>=</O>
            <V up={<V>ℓ</V>}>W</V>
            <V up={<Minus />}>h</V>
            <O>+</O>
            <V up={<V>ℓ</V>}>b</V>
          </Formula>
        )}
        {run.layers.length > 0 && (
          <Formula text={`h l = ${φ} z l`}>
            <V up={<V>ℓ</V>}>h</V>
            <O>=</O>
            {φ === "" ? (
              <V up={<V>ℓ</V>}>z</V>
            ) : (
              <>
                <T>{φ}</T>
                <O>(</O>
                <V up={<V>ℓ</V>}>z</V>
                <O>)</O>
              </>
            )}
          </Formula>
        )}
        <Formula text={`o = W ${last} h ${last - 1} + b ${last}`}>
          <V>o</V>
          <O>=</O>
          {run.loss === "squaredError" && (
            <>
              <T>tanh</T>
              <O>(</O>
            </>
          )}
          <V up={<N>{last}</N>}>W</V>
          {last === 1 ? <V>x</V> : <V up={<N>{last - 1}</N>}>h</V>}
          <O>+</O>
          <V up={<N>{last}</N>}>b</V>
          {run.loss === "squaredError" && <O>)</O>}
        </Formula>
      </dd>
      <dt>Loss</dt>
      <dd>
        {run.loss === "crossEntropy" ? (
          <Formula text="l = log sum exp o j minus o y">
            <V>ℓ</V>
            <O>=</O>
            <T>log</T>
            <V down={<V>j</V>}>∑</V>
            <V up={<V down={<V>j</V>}>o</V>}>e</V>
            <O>−</O>
            <V down={<V>y</V>}>o</V>
          </Formula>
        ) : (
          <Formula text="l = one half (o minus y) squared">
            <V>ℓ</V>
            <O>=</O>
            <Frac over={<N>1</N>} under={<N>2</N>} />
            <O>(</O>
            <V>o</V>
            <O>−</O>
            <V>y</V>
            <V up={<N>2</N>}>)</V>
          </Formula>
        )}
      </dd>
      <dt>Backward</dt>
      <dd>
        <Formula text="gradient of W l = gradient of z l times h l minus 1 transposed">
          <Partial over={<V>J</V>} under={<V up={<V>ℓ</V>}>W</V>} />
          <O>=</O>
          <Partial over={<V>J</V>} under={<V up={<V>ℓ</V>}>z</V>} />
          <O>(</O>
          <V up={<Minus />}>h</V>
          <V up={<T>T</T>}>)</V>
          {live.decay > 0 && live.optimizer !== "adamw" && (
            <>
              <O>+</O>
              <N>{live.decay}</N>
              <V up={<V>ℓ</V>}>W</V>
            </>
          )}
        </Formula>
      </dd>
      <dt>Update</dt>
      <dd>
        <Formula text="g = gradient of w over the rows of the batch">
          <V>g</V>
          <O>=</O>
          <Frac over={<N>1</N>} under={<V>|B|</V>} />
          <Partial over={<V>J</V>} under={<V>ω</V>} />
        </Formula>
        <Update live={live} />
      </dd>
    </dl>
  );
}

const Minus = () => (
  <>
    <V>ℓ</V>
    <O>−</O>
    <N>1</N>
  </>
);

/** ω ← … of each optimizer, with g the gradient over |B| rows. */
function Update({ live: { optimizer, rate, decay } }: { live: LiveOptions }) {
  const decays = optimizer === "adamw" && decay > 0;
  const start = (
    <>
      <V>ω</V>
      <O>←</O>
      {decays && (
        <>
          <O>(</O>
          <N>1</N>
          <O>−</O>
          {/* Without the last digits of the product, which are those of rounding. */}
          <N>{rounded(rate * decay, 6)}</N>
          <O>)</O>
        </>
      )}
      <V>ω</V>
      <O>−</O>
      <N>{rate}</N>
    </>
  );
  if (optimizer === "sgd") {
    return (
      <Formula text={`w becomes w minus ${rate} g`}>
        {start}
        <V>g</V>
      </Formula>
    );
  }
  if (optimizer === "momentum") {
    return (
      <Formula text={`v becomes 0.9 v + g, w becomes w minus ${rate} v`}>
        <V>v</V>
        <O>←</O>
        <N>{0.9}</N>
        <V>v</V>
        <O>+</O>
        <V>g</V>
        <O>,</O>
        {start}
        <V>v</V>
      </Formula>
    );
  }
  return (
    <Formula text={`w becomes w minus ${rate} m over root v plus epsilon`}>
      {start}
      <Frac
        over={
          <mover>
            <mi>m</mi>
            <mo>ˆ</mo>
          </mover>
        }
        under={
          <>
            <msqrt>
              <mover>
                <mi>v</mi>
                <mo>ˆ</mo>
              </mover>
            </msqrt>
            <O>+</O>
            <V>ε</V>
          </>
        }
      />
    </Formula>
  );
}
