/** What is installed for the benchmark alone, on its first run, and so has no types here. */
declare module "@jax-js/jax";
declare module "@observablehq/plot";
declare module "@tensorflow/tfjs";
declare module "@tensorflow/tfjs-backend-webgpu";
declare module "linkedom";
