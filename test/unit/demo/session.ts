import { afterEach, beforeEach, vi } from "vitest";
import type { Contract } from "../../../demo/src/worker/protocol.ts";
import type { OpenSession } from "../../../demo/src/worker/session.ts";

/** A page's half in the worker where there is no GPU, and what it tells. */
export interface Visit<C extends Contract> {
  readonly call: C["methods"];
  readonly events: readonly C["event"][];
  /** Errors that no call waits for. */
  readonly faults: readonly unknown[];
  /** Until something is told of which this holds; what was told before counts too. */
  until(holds: () => boolean): Promise<void>;
  close(): void;
}

/** What is to be drawn, a frame at a time: the tests give the frames. */
let frames: (() => void)[] = [];

/** Lets one frame pass. */
export function passFrame(): void {
  for (const draw of frames.splice(0)) draw();
}

/** @returns opens sessions for the tests of a file; they are closed after each */
export function useSessions(): <C extends Contract>(open: OpenSession<C>) => Visit<C> {
  const opened: { close(): void }[] = [];
  beforeEach(() => {
    vi.stubGlobal("requestAnimationFrame", (draw: () => void) => frames.push(draw));
    vi.stubGlobal("ImageData", Pixels);
  });
  afterEach(() => {
    for (const session of opened.splice(0)) session.close();
    frames = [];
    vi.unstubAllGlobals();
  });
  return <C extends Contract>(open: OpenSession<C>): Visit<C> => {
    const [events, faults, looks] = [[] as C["event"][], [] as unknown[], new Set<() => void>()];
    const tell = () => {
      for (const look of looks) look();
    };
    const session = open({
      device: undefined,
      emit(event) {
        events.push(event);
        tell();
      },
      fail(error) {
        faults.push(error);
        tell();
      },
    });
    opened.push(session);
    return {
      call: session.methods,
      events,
      faults,
      until: (holds) =>
        new Promise((resolve) => {
          const look = () => {
            if (!holds()) return;
            looks.delete(look);
            resolve();
          };
          looks.add(look);
          look();
        }),
      close: () => session.close(),
    };
  };
}

/** What `new ImageData(columns, rows)` makes. */
class Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint8ClampedArray(4 * width * height);
  }
}

/** A canvas that keeps what is painted on it. */
export class Canvas {
  width = 1;
  height = 1;
  fillStyle = "";
  /** Of the last picture that was put there. */
  pixels: Uint8ClampedArray = new Uint8ClampedArray();
  /** Colours of the rectangles that were filled, in their order. */
  readonly filled: string[] = [];

  getContext(): this {
    return this;
  }

  putImageData({ data }: Pixels): void {
    this.pixels = data.slice();
  }

  fillRect(): void {
    this.filled.push(this.fillStyle);
  }

  async convertToBlob(): Promise<Blob> {
    return new Blob([this.pixels.slice()]);
  }

  /** As a session takes it. */
  get given(): OffscreenCanvas {
    return this as unknown as OffscreenCanvas;
  }
}
