/** Time in ms of a test or a hook: only what hangs is ended. More than ten times what any takes by itself, since nothing says how slow a machine is. */
export const TEST_LIMIT = 600_000;
