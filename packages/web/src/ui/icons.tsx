import type { SVGProps } from 'react';

/** Strokes on a grid of 24, drawn in the colour of the text. */
const strokes = {
  folder: 'M3 7a2 2 0 0 1 2-2h4.2l2.3 2.5H19a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
  folderPlus:
    'M3 7a2 2 0 0 1 2-2h4.2l2.3 2.5H19a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z M12 10.5v5 M9.5 13h5',
  file: 'M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z M14 3v5h5',
  archive: 'M4 4h16v5H4z M5.5 9v10.5h13V9 M10 13h4',
  unpack: 'M4 10V4h16v6 M5.5 13v6.5h13V13 M12 9v7 M8.5 12.5L12 16l3.5-3.5',
  upload: 'M12 16V4 M7 9l5-5 5 5 M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
  download: 'M12 4v12 M7 11l5 5 5-5 M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
  trash: 'M4 7h16 M9 7V4h6v3 M6 7l1 13h10l1-13 M10 11v5 M14 11v5',
  pencil: 'M4 20l1-4L16 5l3 3L8 19z M14 7l3 3',
  move: 'M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2h-7 M3 15h8 M8 12l3 3-3 3',
  plus: 'M12 5v14 M5 12h14',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12 M18 6L6 18',
  minus: 'M6 12h12',
  alert: 'M12 4L2.8 20h18.4z M12 10v4.5 M12 17.2v.1',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 11v5.5 M12 7.8v.1',
  copy: 'M9 9h11v11H9z M15 9V4H4v11h5',
  refresh: 'M20 11a8 8 0 0 0-14.5-3.5L3.5 10 M3.5 5v5h5 M4 13a8 8 0 0 0 14.5 3.5l2-2.5 M20.5 19v-5h-5',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z M15.5 15.5L20 20',
  grid: 'M4 4h6.5v6.5H4z M13.5 4H20v6.5h-6.5z M4 13.5h6.5V20H4z M13.5 13.5H20V20h-6.5z',
  list: 'M8 6h13 M8 12h13 M8 18h13 M3.5 6v.1 M3.5 12v.1 M3.5 18v.1',
  right: 'M9 5l7 7-7 7',
  down: 'M5 9l7 7 7-7',
  up: 'M5 15l7-7 7 7',
  left: 'M15 5l-7 7 7 7',
  more: 'M5 12v.1 M12 12v.1 M19 12v.1',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M12 2v2.5 M12 19.5V22 M2 12h2.5 M19.5 12H22 M5 5l1.8 1.8 M17.2 17.2L19 19 M19 5l-1.8 1.8 M6.8 17.2L5 19',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  display: 'M3 5h18v11H3z M8 20h8 M12 16v4',
  language: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M3 12h18 M12 3c5 5 5 13 0 18 M12 3c-5 5-5 13 0 18',
  key: 'M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M11 12.5L20 4 M16 8l3 3',
  leave: 'M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5 M10 8l-4 4 4 4 M6 12h10',
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M8 5v14 M16 5v14',
  retry: 'M4 12a8 8 0 1 0 2.5-5.8L4 8.5 M4 4v4.5h4.5',
  tasks: 'M4 6l1.5 1.5L8 5 M4 12l1.5 1.5L8 11 M4 18l1.5 1.5L8 17 M12 6.5h9 M12 12.5h9 M12 18.5h9',
  server: 'M4 4h16v7H4z M4 13h16v7H4z M7.5 7.5v.1 M7.5 16.5v.1 M12 7.5h5 M12 16.5h5',
  users:
    'M9 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z M2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6 M16 4.5a3.3 3.3 0 0 1 0 6.3 M18 14.5c2.3.7 3.6 2.5 3.6 5.5',
  gauge: 'M4 18a9 9 0 1 1 16 0 M12 14l4-5 M12 14v.1',
  settings:
    'M4 7h9 M17 7h3 M15 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4z M4 17h3 M11 17h9 M9 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 7v5.5l3.5 2',
  link: 'M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1 M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1',
  home: 'M4 11l8-7 8 7v9h-6v-6h-4v6H4z',
  image: 'M4 5h16v14H4z M4 16l4.5-4.5 4 4 3-3L20 17 M9 9v.1',
  music:
    'M9 18V6l10-2v12 M6.5 15.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z M16.5 13.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  film: 'M4 5h16v14H4z M10 9l5 3-5 3z',
  text: 'M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1z M14 3v5h5 M8.5 12.5h7 M8.5 16.5h5',
  code: 'M8.5 8L4.5 12l4 4 M15.5 8l4 4-4 4 M13.5 5l-3 14',
  filter: 'M4 5h16l-6 7.5V19l-4-2v-4.5z',
  plug: 'M9 3v5 M15 3v5 M6 8h12v3a6 6 0 0 1-12 0z M12 17v4',
  heart: 'M3 12h4l2.5-6 4 12 2.5-6h5',
  dot: 'M12 12v.1',
  layers: 'M12 3l9 5-9 5-9-5z M3 12.5l9 5 9-5 M3 17l9 5 9-5',
  scroll: 'M5 4h14v16H5z M8.5 8.5h7 M8.5 12h7 M8.5 15.5h4',
  shield: 'M12 3l8 3v6c0 4.5-3.3 7.7-8 9-4.7-1.3-8-4.5-8-9V6z M8.5 12l2.5 2.5 4.5-5',
  fingerprint:
    'M6 17c1-1.6 1.3-3.2 1.3-5a4.7 4.7 0 0 1 9.4 0c0 1 0 2-.2 3 M12 12c0 3.4-.8 6-2.4 8.3 M15.7 18.2c-.3.9-.6 1.7-1 2.5 M4.4 13.5V12a7.6 7.6 0 0 1 12-6.2 M19.6 11v1c0 1.8-.2 3.5-.6 5',
} as const;

export type IconName = keyof typeof strokes;

type IconProps = Omit<SVGProps<SVGSVGElement>, 'name'> & { name: IconName; size?: number | string };

/** Decoration beside a text; where it stands alone, the control around it carries the label. */
export function Icon({ name, size = 18, ...rest }: IconProps) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' || name === 'dot' ? 2.8 : 1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      {...rest}
    >
      <path d={strokes[name]} />
    </svg>
  );
}
