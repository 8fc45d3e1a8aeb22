/** What a device that works never needs. */
export const refusals = () => import("./refusals.ts");
