import type { ComponentChildren } from "preact";
import { backend } from "../../client.ts";
import { fixed } from "../../format.ts";
import { said } from "../../said.ts";
import type { Remote } from "../../worker/protocol.ts";
import type { ImageContract, Status } from "./contract.ts";
import { compares, finer, type ImageOptions } from "./options.ts";
import type { Picture } from "./picture.ts";
import { Pixels } from "./pixels.tsx";
import { psnrOf } from "./psnr.ts";
import { Reconstruction } from "./reconstruction.tsx";

export interface StageProps {
  readonly call: Remote<ImageContract["methods"]>;
  readonly picture: Picture | undefined;
  readonly options: ImageOptions;
  /** Points that are drawn along a pixel's side. */
  readonly detail: number;
  readonly status: Status | undefined;
}

/** The picture beside what is made of it. */
export function Stage({ call, picture, options, detail, status }: StageProps) {
  const both = compares(options);
  const drawn = picture && finer(picture, detail);
  const shape = picture ? `${picture.columns} / ${picture.rows}` : "4 / 3";
  const blocky = detail === 1;
  const input = options.features === 0 ? "plain coordinates" : `${options.features} Fourier features`;
  return (
    <div class={`image-stage ${both ? "three" : ""}`} style={{ "--shape": shape }}>
      <Shown title="The picture" size={picture}>
        {picture && <Pixels {...picture} label={`${said(picture.name)}, as it is to be learned`} />}
      </Shown>
      <Shown title={`From ${input}`} size={drawn} figure={<Decibels loss={status?.loss} name="psnr" />}>
        <Reconstruction
          call={call}
          which="main"
          label={`What the network makes of the picture from ${input}`}
          blocky={blocky}
        />
      </Shown>
      {both && (
        <Shown
          title="From plain coordinates"
          size={drawn}
          figure={<Decibels loss={status?.plainLoss} name="plain-psnr" />}
        >
          <Reconstruction
            call={call}
            which="plain"
            label="What a second network makes of the picture from plain coordinates"
            blocky={blocky}
          />
        </Shown>
      )}
      {backend.value?.kind === "gpu" && (
        <p class="hint">Drawn from the GPU’s own buffer while it trains: nothing is read back.</p>
      )}
    </div>
  );
}

interface ShownProps {
  readonly title: string;
  readonly size: { readonly columns: number; readonly rows: number } | undefined;
  readonly figure?: ComponentChildren;
  readonly children: ComponentChildren;
}

const Shown = ({ title, size, figure, children }: ShownProps) => (
  <figure>
    <div class="image-frame">{children}</div>
    <figcaption>
      <span>
        <strong>{title}</strong>
        <small>{size ? `${size.columns}×${size.rows}` : " "}</small>
      </span>
      {figure}
    </figcaption>
  </figure>
);

const Decibels = ({ loss, name }: { loss: number | undefined; name: string }) => (
  <span class="decibels" data-testid={name}>
    {loss === undefined ? "–" : `${fixed(psnrOf(loss), 1)} dB`}
  </span>
);
