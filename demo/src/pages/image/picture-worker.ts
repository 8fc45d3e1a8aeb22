import { serve } from "../../worker/serve.ts";
import { readPicture } from "./picture.ts";

// The worker that reads pictures.
serve({ read: readPicture });
