import { type ComponentChildren, Fragment, isValidElement, type VNode } from "preact";

/** The text that an element shows, of components without state. */
export function shownText(shown: ComponentChildren): string {
  if (Array.isArray(shown)) return shown.map(shownText).join("");
  if (isValidElement(shown)) {
    const { type, props } = shown as VNode<{ children?: ComponentChildren }>;
    const component = typeof type === "string" || type === Fragment ? undefined : (type as (given: object) => VNode);
    return shownText(component ? component(props) : props.children);
  }
  return typeof shown === "string" || typeof shown === "number" ? String(shown) : "";
}
