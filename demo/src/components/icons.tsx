/** Signs for buttons, which do not depend on the fonts of a machine. */

const icon = (path: string) => () => (
  <svg class="icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
    <path d={path} />
  </svg>
);

export const PlayIcon = icon("M6 4.5v11l9-5.5z");
export const PauseIcon = icon("M6 4.5h3v11H6zM11 4.5h3v11h-3z");
export const StepIcon = icon("M5 4.5v11l7-5.5zM13 4.5h2v11h-2z");
export const BackIcon = icon("M15 4.5v11L8 10zM5 4.5h2v11H5z");
export const StartIcon = icon("M16 4.5v11L10 10zM10 4.5v11L4 10zM3 4.5h1.5v11H3z");
export const CheckIcon = icon("M4 10.6l1.5-1.5 2.9 2.9 6.1-6.1L16 7.4 8.4 15z");
export const CrossIcon = icon(
  "M5.6 4L10 8.4 14.4 4 16 5.6 11.6 10l4.4 4.4-1.6 1.6L10 11.6 5.6 16 4 14.4 8.4 10 4 5.6z",
);
export const SunIcon = icon(
  "M10 6.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6zM9.2 1.5h1.6v2.6H9.2zM9.2 15.9h1.6v2.6H9.2zM1.5 9.2h2.6v1.6H1.5zM15.9 9.2h2.6v1.6h-2.6zM3.4 4.5l1.1-1.1 1.9 1.9-1.1 1.1zM13.6 14.7l1.1-1.1 1.9 1.9-1.1 1.1zM14.7 6.4l-1.1-1.1 1.9-1.9 1.1 1.1zM4.5 16.6l-1.1-1.1 1.9-1.9 1.1 1.1z",
);
export const MoonIcon = icon("M8.2 2.4a7.8 7.8 0 1 0 9.4 9.4A6.6 6.6 0 0 1 8.2 2.4z");
