/**
 * What an adapter tells of itself.
 *
 * @typedef {object} AdapterInfo
 * @property {string} vendor
 * @property {string} architecture
 * @property {string} device
 * @property {string} description
 * @property {boolean} software Whether it is a program on the CPU.
 */

/** @param {GPUAdapter} adapter @returns {AdapterInfo} */
export function describeAdapter({ info }) {
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  const software =
    isFallbackAdapter === true ||
    /swiftshader|llvmpipe|lavapipe|basic render/i.test([vendor, architecture, device, description].join(" "));
  return { vendor, architecture, device, description, software };
}

/** One line for a person. @param {AdapterInfo} info */
export function adapterName({ vendor, architecture, device, description, software }) {
  const name = [description, vendor, architecture, device].filter(Boolean).join(", ") || "unnamed adapter";
  return software ? `${name} (software on the CPU)` : name;
}
