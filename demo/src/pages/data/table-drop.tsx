import { Dropzone } from "../../components/dropzone.tsx";
import { Said } from "../../components/said.tsx";
import { samples } from "./samples.ts";

export interface TableDropProps {
  /** Whether there is a table already, or will be. */
  readonly small: boolean;
  readonly file: string | undefined;
  /** Name of the table that is being read. */
  readonly reads: string | undefined;
  readonly onCancel: () => void;
  readonly onFile: (file: File) => void;
  readonly onSample: (name: string) => void;
}

/** Where a table comes from. */
export const TableDrop = ({ small, file, reads, onCancel, onFile, onSample }: TableDropProps) => (
  <Dropzone
    label="The table"
    title={titleOf(small, file)}
    reads={reads}
    onCancel={onCancel}
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

function titleOf(small: boolean, file: string | undefined) {
  if (!small) return "Drop a CSV file here";
  return file === undefined ? (
    "…"
  ) : (
    <strong data-testid="file">
      <Said text={file} />
    </strong>
  );
}
