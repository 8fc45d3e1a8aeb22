import { describe, expect, it } from "vitest";
import { notLoaded } from "../../../src/device/dawn.ts";

/** As an import fails. */
const failure = (code: string, message: string) => Object.assign(new Error(message), { code });

describe("the package webgpu that does not load", () => {
  it.each([
    ["ERR_MODULE_NOT_FOUND", "Cannot find package 'webgpu' imported from /app/node_modules/chainrule/dist/node.js"],
    ["ERR_MODULE_NOT_FOUND", 'Import "webgpu" not a dependency\n    at file:///app/dist/node.js:1:8'],
  ])("is missing: %s %s", (code, message) => {
    const cause = failure(code, message);
    const error = notLoaded(cause);
    expect(error.message).toBe(
      "openDevice: got Node without the package webgpu, expected WebGPU; run npm install webgpu.",
    );
    expect(error.cause).toBe(cause);
  });

  it.each([
    ["ERR_DLOPEN_FAILED", "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by dawn.node)"],
    ["ERR_MODULE_NOT_FOUND", "Cannot find module '/app/node_modules/webgpu/index.js' imported from /app/main.js"],
    ["ERR_MODULE_NOT_FOUND", "Cannot find package 'gone' imported from /app/node_modules/webgpu/index.js"],
  ])("is there, and the error says why it does not load: %s %s", (code, message) => {
    const error = notLoaded(failure(code, message));
    expect(error.got).toBe(`the package webgpu, which does not load (${message})`);
    expect(error.remedy).toContain("its binary needs");
  });
});
