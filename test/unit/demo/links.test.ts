import { expect, it } from "vitest";
import { linksOf } from "../../../demo/src/links.ts";

it("leads to the repository where there is one, and else to what the site has itself", () => {
  const repository = "https://example.com/chainrule";
  expect(linksOf(repository)).toEqual([
    { title: "Documentation", href: `${repository}#readme` },
    { title: "Source", href: `${repository}/tree/HEAD/demo` },
    { title: "Licences", href: "./licenses.txt" },
  ]);
  expect(linksOf("").map(({ href }) => href)).toEqual(["./documentation.txt", "./licenses.txt"]);
});
