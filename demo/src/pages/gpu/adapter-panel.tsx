import { backend } from "../../client.ts";
import { Panel } from "../../components/panel.tsx";
import { count } from "../../format.ts";
import type { Description } from "./contract.ts";

/** What the browser tells of the GPU. */
export function AdapterPanel({ gpu }: { gpu: Description | undefined }) {
  return (
    <Panel title="Adapter" class="adapter-panel">
      {backend.value?.kind === "cpu" ? <None /> : <Told gpu={gpu} />}
      <dl class="facts">
        <dt>Browser</dt>
        <dd class="agent">{navigator.userAgent}</dd>
      </dl>
    </Panel>
  );
}

function None() {
  return (
    <>
      <p class="adapter-name">No GPU</p>
      <p class="kind software">
        Without WebGPU there is nothing to check: the CPU reference is what a GPU is judged by.
      </p>
    </>
  );
}

/** @param gpu undefined while it is being opened: there is room for it then. */
function Told({ gpu }: { gpu: Description | undefined }) {
  const facts: [name: string, value: string | undefined][] = [
    ["Vendor", gpu?.vendor],
    ["Architecture", gpu?.architecture],
    ["Device", gpu?.device],
    ["Description", gpu?.description],
    ["Subgroup", gpu && (gpu.subgroup ? lanesText(gpu.subgroup) : "")],
  ];
  return (
    <>
      <p class="adapter-name" data-testid={gpu && "adapter"}>
        {gpu?.name ?? "Opening the GPU …"}
      </p>
      <p class={`kind ${gpu?.software ? "software" : "hardware"}`} data-testid="kind">
        {gpu ? kindText(gpu) : "…"}
      </p>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value === "" ? <span class="untold">not told</span> : (value ?? "…")}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const kindText = ({ software }: Description): string =>
  software
    ? "Software: a program on the CPU plays the GPU. Its numbers are right; its times say nothing about a GPU."
    : "Hardware: a real GPU.";

const lanesText = ({ least, most }: NonNullable<Description["subgroup"]>): string =>
  least === most ? `${count(least)} lanes in lockstep` : `${count(least)} to ${count(most)} lanes in lockstep`;
