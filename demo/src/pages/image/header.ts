/** What the beginning of a picture's file says of it, before anything is decoded. */
export interface Header {
  readonly type: string;
  readonly width: number;
  readonly height: number;
}

type Sides = Pick<Header, "width" | "height">;

/** A kind of picture: its first letters, where `?` is any, and where its sides stand. */
const kinds: readonly (readonly [type: string, letters: string, sides: (view: DataView) => Sides | undefined])[] = [
  ["image/png", "\x89PNG\r\n\x1a\n????IHDR", (view) => ({ width: view.getUint32(16), height: view.getUint32(20) })],
  ["image/jpeg", "\xff\xd8", jpegSides],
  ["image/gif", "GIF8", gifSides],
  ["image/webp", "RIFF????WEBP", webpSides],
  ["image/bmp", "BM", bmpSides],
  ["image/avif", "????ftyp", avifSides],
];

/** The kinds of files that can be read, as a field to choose them takes it. */
export const accepted: string = kinds.map(([type]) => type).join();

/** @returns undefined where it is no picture of pixels of a known kind, or ends before it says how large it is */
export function headerOf(bytes: Uint8Array<ArrayBuffer>): Header | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const is = (letters: string) =>
    [...letters].every((letter, i) => letter === "?" || letter.charCodeAt(0) === bytes[i]);
  const [type, , sides] = kinds.find(([, letters]) => is(letters)) ?? [];
  try {
    const found = sides?.(view);
    return type !== undefined && found ? { type, ...found } : undefined;
  } catch {
    // It ends before.
    return undefined;
  }
}

/** Of its frame, past all that may stand before it. */
function jpegSides(view: DataView): Sides {
  for (let at = 2; ; ) {
    while (view.getUint8(at) !== 0xff) at += 1;
    while (view.getUint8(at) === 0xff) at += 1;
    const marker = view.getUint8(at);
    at += 1;
    // 0xc4, 0xc8 and 0xcc are tables.
    if ((marker >= 0xc0 && marker <= 0xcf && marker % 4 !== 0) || marker === 0xc0) {
      return { width: view.getUint16(at + 5), height: view.getUint16(at + 3) };
    }
    const alone = marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (!alone) at += view.getUint16(at);
  }
}

/** Of its screen, or of its first frame where that is larger. */
function gifSides(view: DataView): Sides {
  const [width, height, flags] = [view.getUint16(6, true), view.getUint16(8, true), view.getUint8(10)];
  let at = 13 + (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  // Extensions: blocks of which each says how long it is, until one of no length.
  while (view.getUint8(at) === 0x21) {
    at += 2;
    while (view.getUint8(at) > 0) at += 1 + view.getUint8(at);
    at += 1;
  }
  const [left, top] = [view.getUint16(at + 1, true), view.getUint16(at + 3, true)];
  const frame = { width: left + view.getUint16(at + 5, true), height: top + view.getUint16(at + 7, true) };
  return { width: Math.max(width, frame.width), height: Math.max(height, frame.height) };
}

function webpSides(view: DataView): Sides | undefined {
  const low = (at: number, bits: number) => view.getUint32(at, true) % 2 ** bits;
  switch (view.getUint8(15)) {
    case 0x20:
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 0x4c:
      return { width: 1 + low(21, 14), height: 1 + ((view.getUint32(21, true) >>> 14) & 0x3fff) };
    case 0x58:
      return { width: 1 + low(24, 24), height: 1 + (view.getUint32(26, true) >>> 8) };
    default:
      return undefined;
  }
}

function bmpSides(view: DataView): Sides {
  if (view.getUint32(14, true) === 12) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  // A height below 0 turns the rows about.
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

/** The largest that any of its boxes names: tiles and thumbnails have boxes too. */
function avifSides(view: DataView): Sides | undefined {
  let [width, height] = [0, 0];
  for (let at = 8; at + 16 <= view.byteLength; at++) {
    // "ispe"
    if (view.getUint8(at) !== 0x69 || view.getUint32(at) !== 0x69737065) continue;
    width = Math.max(width, view.getUint32(at + 8));
    height = Math.max(height, view.getUint32(at + 12));
  }
  return width > 0 ? { width, height } : undefined;
}
