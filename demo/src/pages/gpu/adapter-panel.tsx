import { backend } from "../../client.ts";
import { Panel } from "../../components/panel.tsx";
import { count } from "../../format.ts";
import type { Description } from "./contract.ts";

/** What the browser tells of the GPU. */
export function AdapterPanel({ gpu }: { gpu: Description | undefined }) {
  return (
    <Panel title="Adapter" class="adapter-panel">
      {gpu ? <Told gpu={gpu} /> : <Untold />}
      <dl class="facts">
        <dt>Browser</dt>
        <dd class="agent">{navigator.userAgent}</dd>
      </dl>
    </Panel>
  );
}

function Untold() {
  if (backend.value?.kind !== "cpu") return <p class="adapter-name">Opening the GPU …</p>;
  return (
    <>
      <p class="adapter-name">No GPU</p>
      <p class="kind software">
        Without WebGPU there is nothing to check: the CPU reference is what a GPU is judged by.
      </p>
    </>
  );
}

function Told({ gpu }: { gpu: Description }) {
  const { subgroup } = gpu;
  const facts: [name: string, value: string][] = [
    ["Vendor", gpu.vendor],
    ["Architecture", gpu.architecture],
    ["Device", gpu.device],
    ["Description", gpu.description],
    ["Subgroup", subgroup ? lanesText(subgroup) : ""],
  ];
  return (
    <>
      <p class="adapter-name" data-testid="adapter">
        {gpu.name}
      </p>
      <p class={`kind ${gpu.software ? "software" : "hardware"}`} data-testid="kind">
        {gpu.software
          ? "Software: a program on the CPU plays the GPU. Its numbers are right; its times say nothing about a GPU."
          : "Hardware: a real GPU."}
      </p>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value === "" ? <span class="untold">not told</span> : value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

const lanesText = ({ least, most }: NonNullable<Description["subgroup"]>): string =>
  least === most ? `${count(least)} lanes in lockstep` : `${count(least)} to ${count(most)} lanes in lockstep`;
