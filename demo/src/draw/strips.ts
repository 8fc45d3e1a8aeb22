/** Colours over what is drawn already, by their alpha. */
const over: GPUBlendState = {
  color: { srcFactor: "src-alpha", dstFactor: "one-minus-src-alpha" },
  alpha: { srcFactor: "one", dstFactor: "one-minus-src-alpha" },
};

/** What a shader of strips is, and how it colours. */
export interface Strips {
  readonly label: string;
  /** WGSL whose fragment entry point is `colour`. */
  readonly code: string;
  /** Its vertex entry point. */
  readonly vertex: string;
  /** Whether it lets what lies below shine through. */
  readonly transparent: boolean;
}

/** The pipeline of instanced triangle strips, which all that the demo draws are. */
export function createStripPipeline(
  gpu: GPUDevice,
  format: GPUTextureFormat,
  { label, code, vertex, transparent }: Strips,
): Promise<GPURenderPipeline> {
  const module = gpu.createShaderModule({ label, code });
  return gpu.createRenderPipelineAsync({
    label,
    layout: "auto",
    vertex: { module, entryPoint: vertex },
    fragment: { module, entryPoint: "colour", targets: [{ format, ...(transparent ? { blend: over } : {}) }] },
    primitive: { topology: "triangle-strip" },
  });
}
