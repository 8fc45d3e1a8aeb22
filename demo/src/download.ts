/** Hands the user a file. */
export function download(content: Uint8Array<ArrayBuffer> | Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
