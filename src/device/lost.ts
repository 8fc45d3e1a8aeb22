import { ChainruleError, DeviceError } from "../errors.ts";

/** Of a device, what tells whether it is lost. */
interface Mortal {
  readonly gpu: GPUDevice;
  readonly lost: Promise<DeviceError>;
}

/** Why something failed: the loss of its device, though that may be told later, or the cause that it gave. */
export async function reasonOf({ gpu, lost }: Mortal, cause: unknown): Promise<unknown> {
  return mayBeOfLoss(cause) && (await isLost(gpu)) ? lost : cause;
}

/** Whether it may come of a lost device: the library's own errors but one are about what it was given. */
const mayBeOfLoss = (cause: unknown): boolean => !(cause instanceof ChainruleError) || cause instanceof DeviceError;

/**
 * Whether a device is lost. What fails because of it may fail before its loss is told, with an error that looks like others: Dawn says
 * AbortError or OperationError, wgpu that a shader or a call is not valid. But from its loss on a device maps no buffer, and finds no
 * fault with that; one that lives may lack the memory, and says so.
 */
async function isLost(gpu: GPUDevice): Promise<boolean> {
  gpu.pushErrorScope("out-of-memory");
  gpu.pushErrorScope("validation");
  const mapped = map(gpu);
  // A lost device tells of no error, or rejects.
  const faults = [gpu.popErrorScope(), gpu.popErrorScope()].map((fault) => fault.catch(() => null));
  return !(await mapped) && !(await Promise.all(faults)).some(Boolean);
}

/** Maps a buffer. @returns whether that worked; true too where none could be made, which is no sign of a loss */
async function map(gpu: GPUDevice): Promise<boolean> {
  try {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const buffer = gpu.createBuffer({ label: "chainrule.lost", size: 4, usage });
    return await buffer
      .mapAsync(GPUMapMode.READ)
      .then(
        () => true,
        () => false,
      )
      .finally(() => buffer.destroy());
  } catch {
    return true;
  }
}
