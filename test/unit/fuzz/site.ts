/** A window's address, history and storage, as far as the site's router needs them. */
export interface Window {
  hash: string;
  state: unknown;
  readonly session: Map<string, string>;
  /** Addresses that the page wrote into its history. */
  readonly written: string[];
  /** The visitor goes to another address, or the history does. */
  tell(): void;
}

export interface Site {
  readonly window: Window;
  readonly router: typeof import("../../../demo/src/router.ts");
  /** Gives the globals back, once all have closed it who opened it. */
  close(): void;
}

const names = ["location", "sessionStorage", "history", "addEventListener", "removeEventListener"] as const;

let users = 0;
let opened: Promise<Site> | undefined;

/** The site's router in a window that stands in the globals. One for all, since the router is a module. */
export function openSite(): Promise<Site> {
  users += 1;
  opened ??= open();
  return opened;
}

async function open(): Promise<Site> {
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const listeners = new Set<() => void>();
  const session = new Map<string, string>();
  const window: Window = {
    hash: "",
    state: null,
    session,
    written: [],
    tell: () => {
      for (const listener of [...listeners]) listener();
    },
  };
  const given: Readonly<Record<(typeof names)[number], unknown>> = {
    location: {
      get hash() {
        return window.hash;
      },
    },
    sessionStorage: {
      getItem: (name: string) => session.get(name) ?? null,
      setItem: (name: string, value: string) => session.set(name, String(value)),
      removeItem: (name: string) => session.delete(name),
    },
    history: {
      get state() {
        return window.state;
      },
      replaceState: (state: unknown, _title: string, url: string) => {
        // As a browser has it: an address of another origin throws.
        if (new URL(url, "https://a.example/site/").origin !== "https://a.example") throw new Error("SecurityError");
        window.written.push(url);
        window.state = state;
        window.hash = new URL(url, "https://a.example/site/").hash;
      },
    },
    addEventListener: (kind: string, listener: () => void) => kind === "hashchange" && listeners.add(listener),
    removeEventListener: () => {},
  };
  for (const name of names) {
    Object.defineProperty(globalThis, name, { value: given[name], configurable: true, writable: true });
  }
  const close = () => {
    users -= 1;
    if (users > 0) return;
    for (const [index, name] of names.entries()) {
      const descriptor = before[index];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  };
  return { window, router: await import("../../../demo/src/router.ts"), close };
}
