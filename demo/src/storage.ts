/** How long the browser keeps what is stored: for good, or for the tab. */
type Kind = "localStorage" | "sessionStorage";

// Where the browser withholds its storage from a site, asking for it throws already, and a full one takes nothing.

/** What is stored under a name, or null. */
export function stored(kind: Kind, name: string): string | null {
  try {
    return globalThis[kind].getItem(name);
  } catch {
    return null;
  }
}

/** Stores a value if that can be; null forgets what was stored. */
export function store(kind: Kind, name: string, value: string | null): void {
  try {
    if (value === null) globalThis[kind].removeItem(name);
    else globalThis[kind].setItem(name, value);
  } catch {
    // The site is the same without.
  }
}
