import { useMediaQuery } from '@mantine/hooks';

/** Whether the page is as narrow as a phone: below Mantine's "sm", where tables become cards. */
export const usePhone = (): boolean =>
  useMediaQuery('(max-width: 47.99em)', undefined, { getInitialValueInEffect: false });
