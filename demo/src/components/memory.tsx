import { type Bytes, bytesByRole, type Plan } from "chainrule";
import { bytesText } from "../bytes.ts";
import { backend } from "../client.ts";

/** Memory of a plan as one bar, a part for each role; on the GPU, or the CPU's where that trains. */
export const MemoryBar = ({ plan }: { plan: Plan }) => <RolesBar bytes={bytesByRole(plan)} />;

/** The same of several plans together. */
export function RolesBar({ bytes }: { bytes: Bytes }) {
  const roles = Object.entries(bytes).sort(([, a], [, b]) => b - a);
  const total = roles.reduce((sum, [, bytes]) => sum + bytes, 0);
  return (
    <div class="memory">
      <p>
        {backend.value?.kind === "cpu" ? "Memory" : "GPU memory"} <strong>{bytesText(total)}</strong>
      </p>
      <div class="memory-bar" aria-hidden="true">
        {roles.map(([role, bytes]) => (
          <span key={role} data-role={role} style={{ flexGrow: bytes }} />
        ))}
      </div>
      <ul>
        {roles.map(([role, bytes]) => (
          <li key={role}>
            <span class="swatch" data-role={role} aria-hidden="true" />
            {role} {bytesText(bytes)}
          </li>
        ))}
      </ul>
    </div>
  );
}
