/** Letters that are not seen, end a line, or change where others stand: what a file says may hold them. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const codeOf = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

/**
 * A text out of a file as the page shows it: what is not seen as its code, `\u202e`, and of a long one the beginning. Other text beside
 * it stays where it stands only where it is isolated too: as `Said`, or in an element of its own.
 * @param most letters that are shown
 */
export const said = (text: string, most = 200): string => {
  const shown = text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return shown.replace(unseen, codeOf);
};

/** The same within a text without elements, such as a tooltip. */
export const isolated = (text: string, most?: number): string => `\u2068${said(text, most)}\u2069`;
