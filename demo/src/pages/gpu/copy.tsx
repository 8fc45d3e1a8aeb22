import { useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { Notice } from "../../components/notice.tsx";
import { download } from "../../download.ts";

const FILE = "this-gpu.json";

/** Time in ms for which a copy is confirmed. */
const CONFIRMATION = 4000;

/** Takes everything along as JSON. @param text makes it */
export function CopyReport({ text, disabled }: { text: () => string; disabled: boolean }) {
  const [state, setState] = useState<"copied" | "denied">();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      setState("denied");
      return;
    }
    setState("copied");
    setTimeout(() => setState((now) => (now === "copied" ? undefined : now)), CONFIRMATION);
  };
  const save = () => {
    download(new TextEncoder().encode(text()), FILE);
    setState(undefined);
  };
  return (
    <div class="copy-report">
      <Button kind="primary" disabled={disabled} onClick={() => void copy()}>
        Copy as JSON
      </Button>
      <span role="status" class="copied" data-testid="copied">
        {state === "copied" && "Copied: adapter, limits, features, check and times"}
      </span>
      {state === "denied" && (
        <Notice
          tone="warning"
          title="The browser does not let this page copy"
          action={<Button onClick={save}>Download {FILE}</Button>}
        >
          <p>The same text can be saved as a file.</p>
        </Notice>
      )}
    </div>
  );
}
