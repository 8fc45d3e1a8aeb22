import fc from "fast-check";

/** What nothing may hold that is shown in one line: control letters, line ends, bidi controls, halves of pairs. */
export const hidden = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** Letters that do something else to a terminal, or to who reads, than to be seen. */
const acting = [
  ..."\0\u0007\b\t\n\u000b\f\r\u001b\u007f\u0085\u009b\u009d\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff",
  "\ud83d",
  "\ude00",
  "\u001b]0;title\u0007",
  "\u001b[2J",
  "\r\nmodel written to x",
];

/** Texts of them and of others, some long. */
export const letters = fc.oneof(
  { weight: 4, arbitrary: textOf({ maxLength: 12 }) },
  { weight: 1, arbitrary: textOf({ minLength: 200, maxLength: 700, size: "max" }) },
);

function textOf(constraints: fc.StringConstraints): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom(...acting),
    fc.constantFrom(..."ab ,\"'-=;%$é犬", "😀"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  return fc.string({ ...constraints, unit });
}
