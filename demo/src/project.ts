declare const __VERSION__: string;
declare const __REPOSITORY__: string;

// Written in by the build, out of package.json.

/** Of the library. */
export const version = __VERSION__;

/** Address of the repository; empty before it is published. */
export const repository = __REPOSITORY__;
