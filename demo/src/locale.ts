/** Without a visitor there is none: Node has a navigator too, whose language is its machine's. */
const asked = globalThis.location ? navigator.language : "en";

/**
 * The visitor's language, after which numbers are written and read. A browser in a system without one calls it `en-US@posix`,
 * which is no language tag: `Intl` refuses it. English stands in.
 */
export const language: string = isTag(asked) ? asked : "en-US";

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false;
  }
}

/** Libraries that format numbers as the browser would ask the browser itself. */
export function ensureLanguage(): void {
  if (language !== asked) Object.defineProperty(navigator, "language", { value: language });
}
