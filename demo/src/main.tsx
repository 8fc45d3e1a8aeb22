import { render } from "preact";
import { App } from "./app.tsx";
import { settled } from "./client.ts";
import { ensureLanguage } from "./locale.ts";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/panels.css";
import "./styles/results.css";
import "./styles/dropzone.css";

ensureLanguage();
// For whoever drives the site by program, as its tests do.
Object.assign(globalThis, { chainruleSettled: settled });
const root = document.getElementById("app");
if (root) render(<App />, root);
