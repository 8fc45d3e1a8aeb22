import { render } from "preact";
import { askForAdapter } from "./adapter.ts";
import { App } from "./app.tsx";
import { settled } from "./client.ts";
import { ensureLanguage } from "./locale.ts";
import { pages } from "./pages.ts";
import { currentPage } from "./router.ts";
import { keepOffline } from "./scripts.ts";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/panels.css";
import "./styles/results.css";
import "./styles/dropzone.css";

ensureLanguage();
// For whoever drives the site by program, as its tests do.
Object.assign(globalThis, { chainruleSettled: settled });
const root = document.getElementById("app");
// Its chunk is on its way meanwhile.
void pages
  .find(({ name }) => name === currentPage.value)
  ?.load()
  .catch(() => {});
await askForAdapter();
if (root) render(<App />, root);
keepOffline();
