import { PlanError } from "../errors.ts";
import { refuse } from "../model/options.ts";
import type { Plan, Tensor } from "./types.ts";

/** The tensor that a name or an alias stands for. @throws PlanError where the plan has no such tensor */
export function resolveTensor(plan: Plan, name: string): { readonly name: string; readonly tensor: Tensor } {
  const canonical = Object.hasOwn(plan.aliases, name) ? (plan.aliases[name] as string) : name;
  const tensor = Object.hasOwn(plan.tensors, canonical) ? plan.tensors[canonical] : undefined;
  const pass = Object.hasOwn(plan.removed, name) ? plan.removed[name] : undefined;
  if (tensor !== undefined && pass === undefined) return { name: canonical, tensor };
  const names = [...Object.keys(plan.tensors), ...Object.keys(plan.aliases)];
  refuse(
    `${plan.mode} plan`,
    `tensor "${name}"${pass ? `, which the pass ${pass} removed` : ""}`,
    `one of ${names.filter((one) => !Object.hasOwn(plan.removed, one)).join(", ")}`,
    remedyForRead(plan, pass),
    PlanError,
  );
}

function remedyForRead({ mode }: Plan, pass: string | undefined): string {
  if (pass === undefined) return "ask for a tensor of this plan";
  if (mode === "train") return `make the trainer with { ${pass}: false } to keep it in memory`;
  return "ask for one of these, or read it from a trainer made with { fuse: false }";
}
