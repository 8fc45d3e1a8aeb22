import { pollByTimer } from "../../src/cli/polling.ts";

// Half of the suite's time in Node would go into looking whether the GPU is done.
pollByTimer();
