import type { ComponentChildren } from "preact";
import { Formula, Frac, N, O, T, V } from "../../components/formula.tsx";
import type { ImageOptions } from "./options.ts";

/** A thin space, which markup does not swallow. */
const THIN = "\u2009";

/** What is computed, as formulas that follow the options. */
export function Equations({ options: { features, scale, layers } }: { options: ImageOptions }) {
  return (
    <dl class="image-equations">
      <div>
        <dt>What the network sees of v = (x, y)</dt>
        <dd>
          {features === 0 ? (
            <Formula text="gamma of v = 2 v minus 1">
              <Gamma />
              <O>=</O>
              <N>2</N>
              <V>v</V>
              <O>−</O>
              <N>1</N>
            </Formula>
          ) : (
            <>
              <Formula text="gamma of v = cosine of 2 pi B v, sine of 2 pi B v">
                <Gamma />
                <O>=</O>
                <O>(</O>
                <T>{`cos${THIN}`}</T>
                <Angle />
                <O>,</O>
                <T>{`sin${THIN}`}</T>
                <Angle />
                <O>)</O>
              </Formula>
              <Formula
                text={`B i j is drawn from a normal distribution with standard deviation ${scale}, ${features} rows`}
              >
                <V
                  down={
                    <>
                      <V>i</V>
                      <V>j</V>
                    </>
                  }
                >
                  B
                </V>
                <O>∼</O>
                <V>N</V>
                <O>(</O>
                <N>0</N>
                <O>,</O>
                <V up={<N>2</N>}>{String(scale)}</V>
                <O>)</O>
                <O>,</O>
                <V>i</V>
                <O>≤</O>
                <N>{features}</N>
              </Formula>
            </>
          )}
        </dd>
      </div>
      <div>
        <dt>The colour there</dt>
        <dd>
          <Formula text="h 0 = gamma of v, h l = relu of W l h l minus 1 + b l, o = sigmoid of W h + b">
            <V up={<V>ℓ</V>}>h</V>
            <O>=</O>
            <T>relu</T>
            <O>(</O>
            <V up={<V>ℓ</V>}>W</V>
            <V
              up={
                <>
                  <V>ℓ</V>
                  <O>−</O>
                  <N>1</N>
                </>
              }
            >
              h
            </V>
            <O>+</O>
            <V up={<V>ℓ</V>}>b</V>
            <O>)</O>
          </Formula>
          <Formula text={`o = sigmoid of W ${layers + 1} h ${layers} + b ${layers + 1}, red, green and blue`}>
            <V>o</V>
            <O>=</O>
            <T>sigmoid</T>
            <O>(</O>
            <V up={<N>{layers + 1}</N>}>W</V>
            <V up={<N>{layers}</N>}>h</V>
            <O>+</O>
            <V up={<N>{layers + 1}</N>}>b</V>
            <O>)</O>
          </Formula>
        </dd>
      </div>
      <div>
        <dt>Loss of a pixel, and its mean over three colours</dt>
        <dd>
          <Formula text="l = one half sum over j of (o j minus y j) squared">
            <V>ℓ</V>
            <O>=</O>
            <Frac over={<N>1</N>} under={<N>2</N>} />
            <V down={<V>j</V>}>∑</V>
            <O>(</O>
            <V down={<V>j</V>}>o</V>
            <O>−</O>
            <V down={<V>j</V>}>y</V>
            <V up={<N>2</N>}>)</V>
          </Formula>
          <Formula text="MSE = two thirds of the mean of l">
            <T>MSE</T>
            <O>=</O>
            <Frac over={<N>2</N>} under={<N>3</N>} />
            <mover>
              <mi>ℓ</mi>
              <mo>‾</mo>
            </mover>
          </Formula>
        </dd>
      </div>
      <div>
        <dt>Peak signal-to-noise ratio of the picture</dt>
        <dd>
          <Formula text="PSNR = 10 log 10 of 1 over MSE">
            <T>PSNR</T>
            <O>=</O>
            <N>10</N>
            <V down={<N>10</N>}>log</V>
            <Frac over={<N>1</N>} under={<T>MSE</T>} />
            <T>{`${THIN}dB`}</T>
          </Formula>
        </dd>
      </div>
    </dl>
  );
}

const Gamma = (): ComponentChildren => (
  <>
    <V>γ</V>
    <O>(</O>
    <V>v</V>
    <O>)</O>
  </>
);

const Angle = (): ComponentChildren => (
  <>
    <N>2</N>
    <V>π</V>
    <V>B</V>
    <V>v</V>
  </>
);
