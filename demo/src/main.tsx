import { render } from "preact";
import { App } from "./app.tsx";
import { ensureLanguage } from "./locale.ts";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/panels.css";
import "./styles/results.css";
import "./styles/dropzone.css";

ensureLanguage();
const root = document.getElementById("app");
if (root) render(<App />, root);
