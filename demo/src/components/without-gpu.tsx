import type { FaultMessage } from "../worker/protocol.ts";
import { Notice, WhatItSaid } from "./notice.tsx";

/** What is missing for WebGPU, which browser or flag helps, and what happens instead. @param reason once the library has said it */
export function WithoutGpu({ reason }: { reason: FaultMessage | undefined }) {
  return (
    <Notice
      tone="warning"
      title="No WebGPU here: the CPU trains instead"
      details={reason && <WhatItSaid fault={reason} />}
    >
      <p>
        {missing()} The small examples train on the CPU reference, the same mathematics without the GPU’s speed.{" "}
        {advice()}
      </p>
    </Notice>
  );
}

function missing(): string {
  if (!isSecureContext) return "This page came over http, and browsers give WebGPU to https and localhost only.";
  if (!("gpu" in navigator)) return "This browser has no WebGPU.";
  return "This browser knows WebGPU but found no adapter: the GPU’s driver is missing or on the browser’s block list.";
}

function advice(): string {
  if (!isSecureContext) return "Open the page over https.";
  const agent = navigator.userAgent;
  if (/Firefox/.test(agent)) {
    return "Take Firefox 141 or later on Windows or 145 on a Mac with Apple silicon, or set dom.webgpu.enabled in about:config.";
  }
  if (/Chrome|Chromium|Edg/.test(agent)) {
    return /Linux/.test(agent) && !/Android/.test(agent)
      ? "On Linux turn on chrome://flags/#enable-unsafe-webgpu and #enable-vulkan, and start the browser again."
      : "Take Chrome or Edge 113 or later with hardware acceleration switched on in the settings.";
  }
  if (/Safari/.test(agent)) return "Take Safari 26 or later.";
  return "Current Chrome, Edge, Firefox and Safari have WebGPU.";
}
