import { useMemo } from "preact/hooks";
import { FULL, SIDE } from "../../digits.ts";

/** An image of the set, in the colour of the text around it. @param label for screen readers; without, it is ornament */
export function DigitImage({ pixels, label }: { pixels: Uint8Array; label?: string }) {
  const cells = useMemo(
    () =>
      Array.from(pixels).flatMap((value, i) =>
        value === 0
          ? []
          : [
              <rect
                key={i}
                x={i % SIDE}
                y={Math.floor(i / SIDE)}
                width="1.02"
                height="1.02"
                fill-opacity={value / FULL}
              />,
            ],
      ),
    [pixels],
  );
  return (
    <span class="digit" {...(label === undefined ? {} : { role: "img", "aria-label": label })}>
      <svg viewBox={`0 0 ${SIDE} ${SIDE}`} aria-hidden="true">
        {cells}
      </svg>
    </span>
  );
}
