import { afterEach, expect, it, vi } from "vitest";
import { headerOf } from "../../../demo/src/pages/image/header.ts";
import { readPicture } from "../../../demo/src/pages/image/picture.ts";
import { avifOf, bmpOf, gifOf, jpegOf, largeWebpOf, losslessWebpOf, pngOf, webpOf } from "./headers.ts";

afterEach(() => void vi.unstubAllGlobals());

const kinds = [
  ["image/png", pngOf],
  ["image/jpeg", jpegOf],
  ["image/gif", gifOf],
  ["image/webp", webpOf],
  ["image/webp", losslessWebpOf],
  ["image/webp", largeWebpOf],
  ["image/bmp", bmpOf],
  ["image/avif", avifOf],
] as const;

it.each(kinds)("a picture of %s says how large it is, wherever it is cut never wrongly", (type, make) => {
  for (const [width, height] of [
    [300, 150],
    [16000, 9000],
  ] as const) {
    const bytes = make(width, height);
    expect(headerOf(bytes)).toEqual({ type, width, height });
    for (let end = 0; end < bytes.length; end++) {
      const { width: cut = width } = headerOf(bytes.slice(0, end)) ?? {};
      expect([width, 8]).toContain(cut);
    }
  }
});

const refusalOf = async (content: BlobPart, name: string, type: string) =>
  readPicture(new File([content], name, { type }), 32).then(
    () => "taken",
    (error: unknown) => String(error),
  );

it("a picture of more pixels than can be held is refused before anything is decoded", async () => {
  const decode = vi.fn(async () => ({ width: 1, height: 1, close() {} }));
  vi.stubGlobal("createImageBitmap", decode);
  expect(await refusalOf(pngOf(16384, 16384), "bomb.png", "image/png")).toMatch(/16,384×16,384 pixels/);
  expect(await refusalOf(jpegOf(16385, 1), "wide.jpg", "image/jpeg")).toMatch(/16,385×1 pixels.*at most 16,384/s);
  // By its content, whatever it is called.
  expect(await refusalOf(pngOf(30000, 30000), "small.gif", "image/gif")).toMatch(/30,000×30,000 pixels/);
  expect(decode).not.toHaveBeenCalled();
});

it("a picture that is larger than it says is closed unseen", async () => {
  const close = vi.fn();
  vi.stubGlobal("createImageBitmap", async () => ({ width: 20_000, height: 1, close }));
  expect(await refusalOf(gifOf(10, 10), "a.gif", "image/gif")).toMatch(/20,000×1 pixels/);
  expect(close).toHaveBeenCalledOnce();
});

it("a drawing is never drawn, and what helps is said", async () => {
  const decode = vi.fn();
  vi.stubGlobal("createImageBitmap", decode);
  const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>';
  for (const [name, type] of [
    ["a.svg", "image/svg+xml"],
    ["a.png", "image/png"],
    ["a.svgz", ""],
  ] as const) {
    expect(await refusalOf(svg, name, type)).toMatch(/got a drawing.*save it as PNG or JPEG/s);
  }
  expect(await refusalOf("not a picture", "a.txt", "text/plain")).toMatch(/got no picture.*PNG, JPEG or WebP/s);
  expect(decode).not.toHaveBeenCalled();
});
