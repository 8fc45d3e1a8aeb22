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

/**
 * Starts a worker under the policy of whoever starts it. A worker of an address of its own would be under that of its server's
 * headers alone, and pages' hosts have none; one of a blob inherits.
 * @param address of its script, as an import of `…?worker&url` gives it
 */
export function startWorker(address: string, name: string): Worker {
  const source = `import ${JSON.stringify(new URL(address, import.meta.url).href)};`;
  const blob = new Blob([source], { type: "text/javascript" });
  return new Worker(trusted(URL.createObjectURL(blob)), { type: "module", name });
}

/** Keeps the built site for when there is no network, where the browser lets it. */
export function keepOffline(): void {
  if (import.meta.env.MODE === "production")
    navigator.serviceWorker?.register(trusted("./service-worker.js")).catch(() => {});
}
