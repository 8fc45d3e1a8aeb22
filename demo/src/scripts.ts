// The one place where the site starts scripts: its policy trusts the addresses that come from here, and no other.

interface Policy {
  createScriptURL(address: string): string;
}

/** Of browsers that have it; its types are not in TypeScript's library. */
const { trustedTypes } = globalThis as {
  readonly trustedTypes?: { createPolicy(name: string, rules: Policy): Policy };
};
const policy = trustedTypes?.createPolicy("chainrule", { createScriptURL: (address) => address });
const trusted = (address: string): string => policy?.createScriptURL(address) ?? address;

/** Addresses of the blobs that start scripts, by the scripts': one is kept for each, as a blob stays as long as its address does. */
const starters = new Map<string, string>();

function starterOf(script: string): string {
  const known = starters.get(script);
  if (known !== undefined) return known;
  const blob = new Blob([`import ${JSON.stringify(script)};`], { type: "text/javascript" });
  const made = URL.createObjectURL(blob);
  starters.set(script, made);
  return made;
}

/**
 * Starts a worker under the policy of whoever starts it. A worker of an address of its own would be under that of its server's
 * headers alone, and pages' hosts have none; one of a blob inherits.
 * @param address of its script, as an import of `…?worker&url` gives it
 */
export function startWorker(address: string, name: string): Worker {
  const script = new URL(address, import.meta.url).href;
  return new Worker(trusted(starterOf(script)), { type: "module", name });
}

/** Keeps the built site for when there is no network, where the browser lets it. */
export function keepOffline(): void {
  if (import.meta.env.MODE === "production")
    navigator.serviceWorker?.register(trusted("./service-worker.js")).catch(() => {});
}
