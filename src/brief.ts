/**
 * Text in one line in which nothing is hidden: `\n` for a line end, `\u{1b}` for an escape. So is what a terminal takes for a
 * command, or who reads for something else than it is: control letters (C0, DEL, C1) and line ends, what turns the direction of text,
 * halves of a pair, and all other letters that are not seen. Not the two joiners: writing such as Persian and Hindi, and emoji, need
 * them, and they move nothing.
 */
export const visible = (text: string): string =>
  text.replace(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu, (letter) =>
    letter === "\n" ? "\\n" : `\\u{${Number(letter.codePointAt(0)).toString(16)}}`,
  );

/** As `visible`, in at most so many letters, 4 or more: of a longer one the middle is left out. */
export const brief = (text: string, most: number): string => {
  const cut = text.length > most ? `${text.slice(0, most / 2)}…${text.slice(1 - most / 2)}` : text;
  const short = visible(cut);
  // What is made visible is longer, and so is half of a pair that was cut through.
  return short.length > most ? brief(short, most) : short;
};
