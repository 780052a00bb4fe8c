import {
  Container,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Menu,
  Modal,
  Tooltip,
} from '@mantine/core';

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
    // One width for all pages, so that nothing jumps from one to the next.
    Container: Container.extend({ defaultProps: { size: 1140 } }),
    // Nothing but items may stand in a menu, for screen readers.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, radius: 'lg' },
      styles: { title: { fontWeight: 650 } },
    }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true, multiline: true, maw: 420 } }),
  },
});

/** For the words of what cannot be undone, in menus: Mantine's own red is too light for them. */
export const dangerColor = 'var(--mantine-color-red-text)';

/**
 * Darker than Mantine's, whose quiet text is below the contrast that WCAG AA asks for; and tints that mark something
 * without shouting, above all in the dark.
 */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-dimmed': '#59636e',
    '--mantine-color-placeholder': '#6b7580',
    '--mantine-color-teal-light-color': '#066649',
    '--mantine-color-orange-light-color': '#a83c00',
    '--mantine-color-yellow-light-color': '#7a5200',
    '--mantine-color-red-light-color': '#b01e1e',
    '--mantine-color-teal-light': '#e0f6ed',
    '--mantine-color-teal-light-hover': '#cbeede',
    '--mantine-color-red-light': '#ffecec',
    '--mantine-color-red-light-hover': '#ffdcdc',
    '--mantine-color-orange-light': '#fff1e0',
    '--mantine-color-orange-light-hover': '#ffe6c9',
    '--code-bg': '#eaeff4',
    '--mantine-color-disabled-color': '#5c656e',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-red-text': '#c92a2a',
    '--mantine-color-orange-text': '#a83c00',
  },
  dark: {
    '--mantine-color-red-filled': '#c92a2a',
    '--mantine-color-red-filled-hover': '#b02525',
    '--mantine-color-dimmed': '#a3adb8',
    '--mantine-color-placeholder': '#97a2ae',
    '--mantine-color-harbor-light': '#12384a',
    '--mantine-color-harbor-light-hover': '#17455a',
    '--mantine-color-gray-light': '#38424d',
    '--mantine-color-gray-light-hover': '#434e5a',
    '--mantine-color-teal-light': '#113d2f',
    '--mantine-color-teal-light-hover': '#164b3a',
    '--mantine-color-yellow-light': '#453611',
    '--mantine-color-yellow-light-hover': '#544216',
    '--mantine-color-red-light': '#42201f',
    '--mantine-color-red-light-hover': '#532826',
    '--mantine-color-orange-light': '#3d2a1a',
    '--mantine-color-orange-light-hover': '#4d3520',
    '--code-bg': 'var(--mantine-color-dark-5)',
    '--mantine-color-disabled-color': '#97a2ae',
    '--mantine-color-anchor': '#71bbd2',
    '--mantine-color-harbor-light-color': '#a3d3e2',
  },
});
