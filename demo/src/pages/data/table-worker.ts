import { serve } from "../../worker/serve.ts";
import { createTables } from "./tables.ts";

// The worker that reads a table and holds it: one for each.
serve(createTables());
