/** The bundled digits: 8×8 pixels of 0 to 16 each, and what they show. */
export interface Digits {
  readonly rows: number;
  /** `[rows, 64]` */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** `[rows]` */
  readonly labels: Uint8Array<ArrayBuffer>;
}

export const SIDE = 8;
export const PIXELS = SIDE * SIDE;

/** The largest value of a pixel. */
export const FULL = 16;

/** Of the file that the build writes. */
declare const __DIGITS__: string;

/** Fetches the digits, about 40 kB. */
export async function loadDigits(): Promise<Digits> {
  const response = await fetch(new URL(__DIGITS__, document.baseURI));
  if (!response.ok || !response.body) throw new Error(`digits: got status ${response.status}, expected the digits`);
  const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
  return unpack(new Uint8Array(await new Response(unpacked).arrayBuffer()));
}

function unpack(bytes: Uint8Array): Digits {
  const rows = bytes.length / (PIXELS + 1);
  const pixels = new Uint8Array(rows * PIXELS);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const at = row * (PIXELS + 1);
    pixels.set(bytes.subarray(at, at + PIXELS), row * PIXELS);
    labels[row] = bytes[at + PIXELS] ?? 0;
  }
  return { rows, pixels, labels };
}
