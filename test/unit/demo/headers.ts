/** Beginnings of pictures' files: what each says of itself, and none of its pixels. */

const letters = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const big = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => (value / 256 ** (bytes - 1 - i)) & 255);
const little = (value: number, bytes: number) => big(value, bytes).reverse();

type Maker = (width: number, height: number) => Uint8Array<ArrayBuffer>;

export const pngOf: Maker = (width, height) =>
  Uint8Array.of(
    0x89,
    ...letters("PNG\r\n\x1a\n"),
    ...big(13, 4),
    ...letters("IHDR"),
    ...big(width, 4),
    ...big(height, 4),
  );

/** With a comment before its frame, and letters between the segments that belong to none. */
export const jpegOf: Maker = (width, height) =>
  Uint8Array.of(
    0xff,
    0xd8,
    0xff,
    0xfe,
    ...big(5, 2),
    1,
    2,
    3,
    7,
    7,
    0xff,
    0xff,
    0xc2,
    ...big(17, 2),
    8,
    ...big(height, 2),
    ...big(width, 2),
  );

/** Whose screen is of one point, before a frame that is not. */
export const gifOf: Maker = (width, height) =>
  Uint8Array.of(
    ...letters("GIF89a"),
    ...[...little(1, 2), ...little(1, 2), 0x80, 0, 0, 1, 2, 3, 4, 5, 6],
    ...[
      0x21,
      0xf9,
      4,
      0,
      0,
      0,
      0,
      0,
      0x2c,
      ...little(0, 2),
      ...little(0, 2),
      ...little(width, 2),
      ...little(height, 2),
    ],
  );

const webp = (...content: number[]) => Uint8Array.of(...letters("RIFF\0\0\0\0WEBPVP8"), ...content);

export const webpOf: Maker = (width, height) =>
  webp(0x20, ...little(0, 4), 0, 0, 0, 0x9d, 0x01, 0x2a, ...little(width, 2), ...little(height, 2));

export const losslessWebpOf: Maker = (width, height) =>
  webp(0x4c, ...little(0, 4), 0x2f, ...little(width - 1 + (height - 1) * 2 ** 14, 4));

export const largeWebpOf: Maker = (width, height) =>
  webp(0x58, ...little(10, 4), ...little(0, 4), ...little(width - 1, 3), ...little(height - 1, 3));

export const bmpOf: Maker = (width, height) =>
  Uint8Array.of(
    ...letters("BM"),
    ...little(0, 12),
    ...little(40, 4),
    ...little(width, 4),
    ...little(2 ** 32 - height, 4),
  );

/** With a thumbnail before it. */
export const avifOf: Maker = (width, height) =>
  Uint8Array.of(
    ...[...big(16, 4), ...letters("ftypavif"), ...big(0, 4)],
    ...[...letters("ispe"), ...big(0, 4), ...big(8, 4), ...big(8, 4)],
    ...[...letters("ispe"), ...big(0, 4), ...big(width, 4), ...big(height, 4)],
  );
