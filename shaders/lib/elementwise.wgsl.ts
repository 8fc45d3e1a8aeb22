import { ELEMENTWISE } from "../../src/kernels/chunks.ts";

/** Entry point with one invocation an element: `body` (WGSL statements) sees `i`, which is below `count`. */
export const elementwise = (count: string, body: string) => `@compute @workgroup_size(${ELEMENTWISE})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = workgroupIndex(group, groups) * ${ELEMENTWISE}u + local;
  if (i >= ${count}) { return; }
  ${body}
}`;
