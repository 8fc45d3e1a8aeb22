import { useRef } from "preact/hooks";

/** For works of which only the latest counts. @returns begins one; what that returns tells whether it is the latest still */
export function useLatest(): () => () => boolean {
  const latest = useRef(0);
  return () => {
    latest.current += 1;
    const own = latest.current;
    return () => own === latest.current;
  };
}
