import { Dropzone } from "../../components/dropzone.tsx";
import { samples } from "./samples.ts";

export interface TableDropProps {
  /** Whether there is a table already, or will be. */
  readonly small: boolean;
  readonly file: string | undefined;
  readonly busy: string | undefined;
  readonly onFile: (file: File) => void;
  readonly onSample: (name: string) => void;
}

/** Where a table comes from. */
export const TableDrop = ({ small, file, busy, onFile, onSample }: TableDropProps) => (
  <Dropzone
    label="The table"
    title={titleOf(small, file, busy)}
    hint={small ? "Drop another file, or" : "The first line names the columns, and commas part the cells."}
    choose="Choose a file"
    accept=".csv,text/csv,text/plain"
    file="CSV file"
    samples={samples}
    small={small}
    onFile={onFile}
    onSample={onSample}
  />
);

function titleOf(small: boolean, file: string | undefined, busy: string | undefined) {
  if (small && file !== undefined) return <strong data-testid="file">{file}</strong>;
  return busy ?? (small ? "…" : "Drop a CSV file here");
}
