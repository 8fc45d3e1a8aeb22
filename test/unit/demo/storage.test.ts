import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { kept, oneOf } from "../../../demo/src/storage.ts";

afterEach(() => void vi.unstubAllGlobals());

const root = fileURLToPath(new URL("../../../demo/src/", import.meta.url));
const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => /\.tsx?$/.test(path));
/** Sources that have a word outside comments. */
const usersOf = (word: RegExp) =>
  sources.filter((path) =>
    word.test(
      readFileSync(`${root}${path}`, "utf8")
        .replace(/\/\*[\s\S]*?\*\//g, "")
        .replace(/^\s*\/\/.*$/gm, ""),
    ),
  );

describe("what the site keeps in the browser", () => {
  const theme = kept("localStorage", "theme", oneOf("light", "dark"));

  function withStorage(held: Record<string, string>) {
    vi.stubGlobal("localStorage", {
      getItem: (name: string) => (Object.hasOwn(held, name) ? held[name] : null),
      setItem(name: string, value: string) {
        held[name] = value;
      },
    });
    return held;
  }

  it("is read again, under a name of the site's own", () => {
    const held = withStorage({ theme: '"light"' });
    expect(theme.read()).toBeUndefined();
    theme.write("dark");
    expect(theme.read()).toBe("dark");
    expect(Object.keys(held)).toEqual(["theme", "chainrule.theme"]);
  });

  it.each(["dark", "100", "{bad", "null", '["dark"]', '{"toString":1}', ""])("is nothing where it is %s", (text) => {
    withStorage({ "chainrule.theme": text });
    expect(theme.read()).toBeUndefined();
  });

  it("is nothing, and goes nowhere, where the browser gives none or has no room", () => {
    const refuse = () => {
      throw new DOMException("No.", "QuotaExceededError");
    };
    vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse });
    theme.write("dark");
    expect(theme.read()).toBeUndefined();
    vi.stubGlobal("localStorage", undefined);
    theme.write("dark");
    expect(theme.read()).toBeUndefined();
  });

  it("is in the hands of few", () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(usersOf(/\bglobalThis\[|\.(?:getItem|setItem|removeItem)\(/)).toEqual(["storage.ts"]);
    expect(usersOf(/"(?:local|session)Storage"/).sort()).toEqual(["router.ts", "storage.ts", "theme.ts"]);
    expect(usersOf(/\b(?:(?:local|session)Storage\s*[.[]|indexedDB|caches\b|document\.cookie|cookieStore)/)).toEqual(
      [],
    );
    expect(usersOf(/\b(?:pushState|replaceState|history\.state)\b/)).toEqual(["router.ts"]);
    // And scripts are started at one place, under the page's policy.
    expect(usersOf(/\bnew (?:Shared)?Worker\(|serviceWorker\b|importScripts/)).toEqual(["scripts.ts"]);
    expect(usersOf(/dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write/)).toEqual([]);
  });
});
