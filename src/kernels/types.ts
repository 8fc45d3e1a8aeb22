import { ELEMENTWISE } from "./chunks.ts";

/** How a shader uses an operand: the control block read fast, or a storage buffer read, read as packed bytes, or written. */
export type Access = "uniform" | "read" | "readBytes" | "readWrite";

/** Words that a tensor of bytes begins with: a table of the f32 that each of the 256 bytes stands for. */
export const BYTE_VALUES = 256;

/** Whole numbers by name: the sizes that a shader receives as its `dims` uniform, in the descriptor's order. */
export type Dims<D extends string = string> = Readonly<Record<D, number>>;

/** A grid of workgroups. */
export type Workgroups = readonly [x: number, y: number, z?: number];

/**
 * A kernel as pure data: what a plan, the CPU reference and the GPU agree on.
 *
 * @typeParam V variant, the choices that change the source
 * @typeParam D names of its sizes
 * @typeParam O names of its operands
 */
export interface Kernel<V, D extends string, O extends string> {
  readonly name: string;
  /** Names of the u32 sizes, in the order of the shader's `Dims` struct at binding 0. */
  readonly dims: readonly D[];
  /** Operands in the order of bindings 1, 2, …; a variant without an operand leaves it out at the end. */
  operands(variant: V): readonly { readonly name: O; readonly access: Access }[];
  /** Elements that each operand must have at least; the control block is left out. */
  sizes(dims: Dims<D>, variant: V): Readonly<Partial<Record<O, number>>>;
  /** The grid to dispatch. */
  workgroups(dims: Dims<D>, variant: V): Workgroups;
  /** Floating-point operations of one dispatch; a multiply-add counts as two. */
  flops(dims: Dims<D>, variant: V): number;
  /** Extensions of WGSL that the source enables; none if left out. */
  extensions?(variant: V): readonly string[];
}

/** Operands that a variant has, of all: those that are not left out. */
export const operandsOf = <O extends string>(
  ...all: readonly (readonly [name: O, access: Access, present?: boolean])[]
): { readonly name: O; readonly access: Access }[] =>
  all.flatMap(([name, access, present = true]) => (present ? [{ name, access }] : []));

/** Largest number of workgroups along one dimension that every WebGPU device accepts. */
const LARGEST_GRID = 65_535;

/** Spreads `count` workgroups over two dimensions; the shader flattens them again and guards the surplus. */
export const grid = (count: number): Workgroups => {
  const y = Math.ceil(count / LARGEST_GRID);
  return [Math.ceil(count / y), y];
};

/** Grid of a kernel with one invocation an element. */
export const elementwise = (elements: number): Workgroups => grid(Math.ceil(elements / ELEMENTWISE));
