import { createTheme, type MantineColorsTuple, Modal, Tooltip } from '@mantine/core';

/** Harbour water, from foam to deep. */
const harbor: MantineColorsTuple = [
  '#e6f6fa',
  '#d0e9f1',
  '#a3d3e2',
  '#71bbd2',
  '#49a6c5',
  '#2f99bd',
  '#1c8cb2',
  '#0b6e8f',
  '#06627f',
  '#00516b',
];

/** Slate with a trace of the same blue, so that dark mode belongs to the light one. */
const dark: MantineColorsTuple = [
  '#d5dbe1',
  '#b3bcc6',
  '#97a2ae',
  '#6b7886',
  '#3e4853',
  '#2e3741',
  '#232a32',
  '#1a2027',
  '#14191f',
  '#0e1217',
];

export const theme = createTheme({
  primaryColor: 'harbor',
  primaryShade: { light: 7, dark: 7 },
  colors: { harbor, dark },
  fontFamily:
    "'Inter Variable', system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Noto Sans CJK SC', sans-serif",
  headings: { fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  autoContrast: true,
  components: {
    Modal: Modal.extend({ defaultProps: { centered: true, radius: 'lg' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true, multiline: true, maw: 420 } }),
  },
});
