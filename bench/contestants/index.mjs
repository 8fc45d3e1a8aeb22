/**
 * @typedef {object} Session A network in training.
 * @property {(steps: number) => Promise<number>} step Takes so many steps, then reads the mean loss of the last step's batch.
 * @property {() => Promise<void>} mark Keeps what `reset` needs; called once, before the first step.
 * @property {() => Promise<void>} reset Back to the first weights and the first batch.
 * @property {() => void} dispose
 *
 * @typedef {object} Contestant
 * @property {(task: import("../networks.mjs").Task) => Promise<Session>} setup Opens its own device on `navigator.gpu`.
 */

/**
 * In the order in which they are reported. A module is loaded once `navigator.gpu` is there, since some look for it then.
 * @type {Readonly<Record<string, () => Promise<Contestant>>>}
 */
export const contestants = {
  chainrule: () => import("./chainrule.mjs"),
  tfjs: () => import("./tfjs.mjs"),
  "jax-js": () => import("./jax-js.mjs"),
  reference: () => import("./reference.mjs"),
};

/** Those that need no GPU. */
export const onCpu = ["reference"];
