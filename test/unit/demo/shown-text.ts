import { type ComponentChildren, Fragment, isValidElement, type VNode } from "preact";
import { Panel } from "../../../demo/src/components/panel.tsx";

/** Only their children are looked at: a panel's title has an id, which only a document gives. */
const transparent: readonly unknown[] = [Fragment, Panel];

/** The text that an element shows, of components without state. */
export function shownText(shown: ComponentChildren): string {
  if (Array.isArray(shown)) return shown.map(shownText).join("");
  if (isValidElement(shown)) {
    const { type, props } = shown as VNode<{ children?: ComponentChildren }>;
    const component =
      typeof type === "string" || transparent.includes(type) ? undefined : (type as (given: object) => VNode);
    return shownText(component ? component(props) : props.children);
  }
  return typeof shown === "string" || typeof shown === "number" ? String(shown) : "";
}
