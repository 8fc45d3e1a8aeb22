import { Panel } from "../../components/panel.tsx";
import { compact } from "../../format.ts";
import type { Description } from "./contract.ts";
import { featureUses, imagesOf, limits, limitText } from "./limits.ts";

/** The limits that training meets first, and what each of them bounds. */
export function LimitsPanel({ gpu }: { gpu: Description }) {
  const images = imagesOf(gpu.limits.maxStorageBufferBindingSize ?? 0);
  return (
    <Panel title="Limits that matter to training">
      <table class="limits">
        <thead>
          <tr>
            <th scope="col">Limit</th>
            <th scope="col" class="number">
              Here
            </th>
            <th scope="col" class="number everywhere">
              Everywhere
            </th>
          </tr>
        </thead>
        <tbody>
          {limits.map((limit) => {
            const here = gpu.limits[limit.name] ?? 0;
            return (
              <tr key={limit.name}>
                <th scope="row" title={limit.name}>
                  {limit.title}
                  <small>bounds {limit.bounds}</small>
                </th>
                <td class="number" data-limit={limit.name}>
                  {limitText(limit, here)}
                </td>
                <td class="number everywhere">{limitText(limit, limit.everywhere)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="hint">
        One tensor holds {compact(images)} images of 28 × 28 numbers. “Everywhere” is what every device with WebGPU has.
      </p>
    </Panel>
  );
}

/** What the adapter can beyond WebGPU's core. */
export function FeaturesPanel({ gpu }: { gpu: Description }) {
  const used = Object.entries(featureUses);
  const others = gpu.features.filter((name) => !(name in featureUses));
  return (
    <Panel title="Features">
      <ul class="features">
        {used.map(([name, use]) => {
          const on = gpu.enabled.includes(name);
          return (
            <li key={name} class={on ? "on" : "off"}>
              <span class="sign" aria-hidden="true" />
              <span>
                <code>{name}</code> {on ? "is on" : "is not offered"}
                <small>{use}</small>
              </span>
            </li>
          );
        })}
      </ul>
      <details>
        <summary>{others.length} more that training does not use</summary>
        <p class="chips">
          {others.map((name) => (
            <code key={name}>{name}</code>
          ))}
        </p>
      </details>
    </Panel>
  );
}
