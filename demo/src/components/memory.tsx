import { bytesByRole, formatBytes, type Plan } from "chainrule";

/** GPU memory of a plan as one bar, a part for each role. */
export function MemoryBar({ plan }: { plan: Plan }) {
  const roles = Object.entries(bytesByRole(plan)).sort(([, a], [, b]) => b - a);
  const total = roles.reduce((sum, [, bytes]) => sum + bytes, 0);
  return (
    <div class="memory">
      <p>
        GPU memory <strong>{formatBytes(total)}</strong>
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
            {role} {formatBytes(bytes)}
          </li>
        ))}
      </ul>
    </div>
  );
}
