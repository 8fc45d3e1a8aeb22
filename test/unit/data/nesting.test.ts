import { expect, it, vi } from "vitest";
import { descriptionKey, readDescription } from "../../../src/data/description.ts";
import { isPlainJson } from "../../../src/data/nesting.ts";
import { encodeSafetensors } from "../../../src/data/safetensors.ts";
import { loadModel } from "../../../src/run/checkpoint.ts";
import { worded } from "../../helpers/refusal.ts";

const many = 100_000;

/** What takes much more memory, or stack, than its letters do. */
const hostile: readonly (readonly [name: string, text: string])[] = [
  ["lists in lists", "[".repeat(many) + "]".repeat(many)],
  ["objects in objects", `${'{"a long name":'.repeat(many)}0${"}".repeat(many)}`],
  ["lists of nothing", `[${"[],".repeat(many)}0]`],
  ["objects of nothing", `{"model":{"layers":[${"{},".repeat(many)}0]}}`],
  ["lists of nothing, by a name", `{${'"a":[],'.repeat(many)}"a":0}`],
];

it.each(hostile)("%s are not plain", (_, text) => {
  expect(isPlainJson(text)).toBe(false);
});

it.each([
  ["8 levels", '[[[[[[[["a text of some letters, since few lists are as short as this"]]]]]]]]', true],
  ["9 levels", '[[[[[[[[["a text of some letters, since few lists are as short as this"]]]]]]]]]', false],
  ["brackets in texts", `{"[[[[[[[[[\\"[":"{{{{{{{{{{\\\\"}`, true],
  ["brackets after a text that ends in a backslash", `["\\\\",${"[".repeat(9)}`, false],
  ["lists one after the other", `[${Array(60).fill("[]").join()}]`, true],
  ["many lists as long as a tensor's", `[${Array(many).fill("[1,23456789]").join()}]`, true],
])("of %s it says so", (_, text, plain) => {
  expect(isPlainJson(text)).toBe(plain);
});

it.each(hostile)("a model whose descriptions are %s is refused before they are parsed", (_, text) => {
  const file = encodeSafetensors({}, { chainrule: text });
  const parse = vi.spyOn(JSON, "parse");
  try {
    expect(String(worded(() => loadModel(file)))).toContain("got a description of another form");
    expect(String(worded(() => readDescription({ [descriptionKey]: text }, "m")))).toContain(
      "no description of a table",
    );
    expect(parse.mock.calls.filter(([given]) => given === text)).toEqual([]);
  } finally {
    parse.mockRestore();
  }
});
