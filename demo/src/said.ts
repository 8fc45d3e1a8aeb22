import { visible } from "chainrule/table";

/**
 * A text out of a file as the page shows it: what is not seen as its code, `\u{202e}`, and of a long one the beginning. Other text beside
 * it stays where it stands only where it is isolated too: as `Said`, or in an element of its own.
 * @param most letters that are shown; if left out as many as each part of the library's errors has
 */
export const said = (text: string, most = 250): string =>
  visible(text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text);

/** The same within a text without elements, such as a tooltip. */
export const isolated = (text: string, most?: number): string => `\u2068${said(text, most)}\u2069`;
