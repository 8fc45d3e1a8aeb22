import { said } from "../said.ts";

export interface SaidProps {
  readonly text: string;
  /** Letters that are shown. */
  readonly most?: number;
  readonly class?: string;
}

/** Letters of a tooltip. */
const MOST_TITLE = 1000;

/** A text out of a file, which moves none that stands beside it; more of it when pointed at. */
export const Said = ({ text, most, class: given }: SaidProps) => (
  <bdi class={given} title={said(text, MOST_TITLE)}>
    {said(text, most)}
  </bdi>
);
