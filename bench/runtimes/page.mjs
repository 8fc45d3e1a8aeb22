import { measureNetwork } from "../measure.mjs";

/** The page that browser.mjs opens and asks to measure. */
globalThis.measure = (options) => measureNetwork(options, (line) => console.info(line));
