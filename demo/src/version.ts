declare const __VERSION__: string;

/** Of the library; written in by the build. */
export const version = __VERSION__;
