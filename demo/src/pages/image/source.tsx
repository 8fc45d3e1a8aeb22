import { useMemo } from "preact/hooks";
import { Dropzone } from "../../components/dropzone.tsx";
import { Said } from "../../components/said.tsx";
import { accepted } from "./header.ts";
import { type Picture, within } from "./picture.ts";
import { Pixels } from "./pixels.tsx";
import { paint, samples } from "./samples.ts";

/** Pixels along a thumbnail's longest side. */
const THUMBNAIL = 32;

export interface PictureSourceProps {
  readonly picture: Picture | undefined;
  /** Name of the file that is being read. */
  readonly reads: string | undefined;
  readonly onCancel: () => void;
  readonly onFile: (file: File) => void;
  readonly onSample: (name: string) => void;
}

/** Where the picture comes from: dropped, chosen, pasted, or a sample. */
export function PictureSource({ picture, reads, onCancel, onFile, onSample }: PictureSourceProps) {
  const offers = useMemo(
    () =>
      samples.map((sample) => {
        const grid = within(sample.aspect * THUMBNAIL, THUMBNAIL, THUMBNAIL);
        return { ...sample, picture: <Pixels {...grid} pixels={paint(sample, grid)} /> };
      }),
    [],
  );
  return (
    <Dropzone
      label="The picture"
      title={
        <strong data-testid="picture-name">
          <Said text={picture?.name ?? (reads === undefined ? "No picture yet" : "…")} />
        </strong>
      }
      reads={reads}
      onCancel={onCancel}
      hint="Drop or paste your own, or"
      choose="Choose a picture"
      accept={accepted}
      file="Picture file"
      samples={offers}
      small
      onFile={onFile}
      onSample={onSample}
    />
  );
}
