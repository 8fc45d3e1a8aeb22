import { MOST_BYTES } from "./picture.ts";

/** Pixels along the longest side of a drawing, several times what is learned of it. */
const SIDE = 1024;

/** Sides of a drawing that does not say how large it is. */
const UNKNOWN = { width: 300, height: 150 };

const isDrawing = ({ type, name }: File): boolean => type === "image/svg+xml" || (type === "" && /\.svg$/i.test(name));

/**
 * An SVG drawing as a picture of pixels, which the worker cannot make of it: only an image element of the page draws one. Any other
 * file is returned as it is, as is a drawing that cannot be shown, which the worker refuses.
 */
export const withPixels = async (file: File): Promise<File> =>
  isDrawing(file) && file.size <= MOST_BYTES ? drawn(file).catch(() => file) : file;

async function drawn(file: File): Promise<File> {
  const { text, width, height } = withSize(await file.text());
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")?.drawImage(image, 0, 0, width, height);
    return new File([await canvas.convertToBlob()], file.name, { type: "image/png" });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A drawing with sides in pixels, the longer one `SIDE`, in the proportion that it has or is drawn in. */
function withSize(text: string): { text: string; width: number; height: number } {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (!(root instanceof SVGSVGElement)) throw new Error("image: the file holds no drawing");
  const box = root.viewBox.baseVal;
  const view = box && box.width > 0 && box.height > 0 ? box : undefined;
  const [width, height] = (["width", "height"] as const).map((side) => {
    const { unitType, value } = root[side].baseVal;
    // A share is one of a page that there is not.
    return unitType !== SVGLength.SVG_LENGTHTYPE_PERCENTAGE && value > 0 ? value : undefined;
  });
  const shape = view ?? UNKNOWN;
  const own = {
    width: width ?? ((height ?? shape.height) * shape.width) / shape.height,
    height: height ?? ((width ?? shape.width) * shape.height) / shape.width,
  };
  if (!view) root.setAttribute("viewBox", `0 0 ${own.width} ${own.height}`);
  const scale = SIDE / Math.max(own.width, own.height);
  const sides = {
    width: Math.max(1, Math.round(scale * own.width)),
    height: Math.max(1, Math.round(scale * own.height)),
  };
  for (const [name, value] of Object.entries(sides)) root.setAttribute(name, String(value));
  return { text: new XMLSerializer().serializeToString(root), ...sides };
}
