import { ELEMENTWISE } from "./chunks.ts";

/** Of a tensor's elements; `u8` are packed bytes, behind a table of the f32 that each of the 256 bytes stands for. */
export type Dtype = "f32" | "f16" | "u32" | "u8";

/** How a shader uses an operand: read fast, as a uniform, or a storage buffer read or written. */
export type Access = "uniform" | "read" | "readWrite";

/** What an operand holds: numbers, the control block, or words that are moved as they are, into others of their own type. */
export type Content = Dtype | "control" | "f32 or u32";

/** An operand of a kernel. */
export interface Operand<O extends string = string> {
  readonly name: O;
  readonly access: Access;
  readonly content: Content;
}

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
  /** Names of the u32 sizes, in the order of the shader's `Dims` struct at binding 0. */
  readonly dims: readonly D[];
  /** Operands in the order of bindings 1, 2, …; a variant without an operand leaves it out at the end. */
  operands(variant: V): readonly Operand<O>[];
  /** Elements that each operand must have at least; the control block is left out. */
  sizes(dims: Dims<D>, variant: V): Readonly<Partial<Record<O, number>>>;
  /** The grid to dispatch. */
  workgroups(dims: Dims<D>, variant: V): Workgroups;
  /** Floating-point operations of one dispatch; a multiply-add counts as two. */
  flops(dims: Dims<D>, variant: V): number;
}

/** Operands that a variant has, of all: those that are not left out. */
export const operandsOf = <O extends string>(
  ...all: readonly (readonly [name: O, access: Access, content: Content, present?: boolean])[]
): Operand<O>[] =>
  all.flatMap(([name, access, content, present = true]) => (present ? [{ name, access, content }] : []));

/** Numbers that may be f16. */
export const halfType = (half = false) => (half ? "f16" : "f32");

/** Inputs of a layer: the resident data, f32 or packed bytes, or a batch of what may be f16. */
export const inputType = (gather: boolean, bytes = false, half = false) => (bytes ? "u8" : halfType(half && !gather));

/** Largest number of workgroups along one dimension that every WebGPU device accepts. */
const LARGEST_GRID = 65_535;

/** Spreads `count` workgroups over two dimensions; the shader flattens them again and guards the surplus. */
export const grid = (count: number): Workgroups => {
  const y = Math.ceil(count / LARGEST_GRID);
  return [Math.ceil(count / y), y];
};

/** Grid of a kernel with one invocation an element. */
export const elementwise = (elements: number): Workgroups => grid(Math.ceil(elements / ELEMENTWISE));
