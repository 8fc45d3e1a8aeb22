/** wgsl-preprocessor 1.0.1 ships no types, and only this path can be imported. */
declare module "wgsl-preprocessor/wgsl-preprocessor.js" {
  /**
   * A tag that resolves `#if`, `#elif`, `#else` and `#endif`, each alone on its line; `${…}` after them is the condition. It would
   * print an object, or what is not there, as a word, so it takes neither.
   */
  export function wgsl(strings: TemplateStringsArray, ...values: (string | number | boolean)[]): string;
}
