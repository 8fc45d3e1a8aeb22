/** Letters that are not seen, end a line, or change where others stand; not the two joiners, which writing such as Persian needs. */
const unseen = /(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu;

/** As the library's messages have them. */
const codeOf = (letter: string): string => (letter === "\n" ? "\\n" : `\\u{${letter.codePointAt(0)?.toString(16)}}`);

/**
 * A text out of a file as the page shows it: what is not seen as its code, `\u{202e}`, and of a long one the beginning. Other text beside
 * it stays where it stands only where it is isolated too: as `Said`, or in an element of its own.
 * @param most letters that are shown
 */
export const said = (text: string, most = 200): string => {
  const shown = text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return shown.replace(unseen, codeOf);
};

/** The same within a text without elements, such as a tooltip. */
export const isolated = (text: string, most?: number): string => `\u2068${said(text, most)}\u2069`;
