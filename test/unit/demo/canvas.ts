/** A canvas on which nothing is seen, for painters that run where there is none. */
export class FakeCanvas {
  width = 0;
  height = 0;

  getContext(): unknown {
    return new Proxy(this, { get: (_, name) => (name === "createImageData" ? image : () => {}), set: () => true });
  }
}

const image = (width: number, height: number) => ({ data: new Uint8ClampedArray(4 * width * height) });
