/**
 * A browser in a system without a language calls its own `en-US@posix`, which is no language tag: `Intl` refuses it, and with it
 * every library that formats numbers as the browser would. English stands in.
 */
export function ensureLanguage(): void {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, "language", { value: "en-US" });
  }
}
