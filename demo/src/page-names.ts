/** Of every page, as addresses have them, in the order of the navigation; the first is the entrance. */
export const pageNames = ["playground", "inside", "digits", "image", "data", "gpu"] as const;

export type PageName = (typeof pageNames)[number];
