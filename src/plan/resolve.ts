import { PlanError } from "../errors.ts";
import { refuse, show } from "../model/options.ts";
import type { Plan, Tensor } from "./types.ts";

/** The tensor that a name or an alias stands for. @throws PlanError where the plan has no such tensor */
export function resolveTensor(plan: Plan, name: string): { readonly name: string; readonly tensor: Tensor } {
  const canonical = own(plan.aliases, name) ?? name;
  const tensor = own(plan.tensors, canonical);
  const pass = own(plan.removed, name);
  if (tensor !== undefined && pass === undefined) return { name: canonical, tensor };
  const names = [...Object.keys(plan.tensors), ...Object.keys(plan.aliases)];
  refuse(
    `${plan.mode} plan`,
    `tensor ${show(name)}${pass ? `, which the pass ${pass} removed` : ""}`,
    `one of ${names.filter((one) => !Object.hasOwn(plan.removed, one)).join(", ")}`,
    remedyForRead(plan, pass),
    PlanError,
  );
}

/** What stands under a name, of which plain JavaScript may make anything. */
const own = <T>(of: Readonly<Record<string, T>>, name: unknown): T | undefined =>
  typeof name === "string" && Object.hasOwn(of, name) ? of[name] : undefined;

function remedyForRead({ mode }: Plan, pass: string | undefined): string {
  if (pass === undefined) return "ask for a tensor of this plan";
  if (mode === "train") return `make the trainer with { ${pass}: false } to keep it in memory`;
  return "ask for one of these, or read it from a trainer made with { fuse: false }";
}
