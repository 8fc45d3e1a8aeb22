import type { ComponentChildren } from "preact";

export interface Stat {
  readonly label: string;
  readonly value: ComponentChildren;
  /** More of it, as a tooltip and for screen readers. */
  readonly title?: string;
}

/** Figures side by side, each with its name. */
export function StatRow({ stats, label }: { stats: readonly Stat[]; label: string }) {
  return (
    <dl class="stats" aria-label={label}>
      {stats.map((stat) => (
        <div key={stat.label} title={stat.title}>
          <dt>{stat.label}</dt>
          <dd>{stat.value}</dd>
        </div>
      ))}
    </dl>
  );
}
