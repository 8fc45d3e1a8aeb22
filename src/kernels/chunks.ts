/** How much work a kernel's descriptor and its shader agree to take at a time. */

/** Invocations of a workgroup in the elementwise kernels. */
export const ELEMENTWISE = 64;

/** Invocations of the workgroup that sums so many elements: a barrier costs a software adapter more than most sums. */
export const reduceGroup = (elements: number): number => (elements > 256 ? 256 : 32);

/** Elements whose squares one workgroup of `penalty` sums. */
export const PENALTY_CHUNK = 4096;

/** Rows of the batch in one part of a split sum. */
export const SPLIT_ROWS = 512;

/** Invocations of a workgroup of `splitUpdate`, and elements that it updates. */
export const SPLIT_UPDATE_GROUP = 64;
export const SPLIT_UPDATE_CHUNK = 1024;
