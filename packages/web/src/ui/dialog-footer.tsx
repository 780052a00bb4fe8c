import type { ReactNode } from 'react';
import classes from './dialog-footer.module.css';

/** The end of a long dialog, which stays in sight: what will come of it, and the button that does it. */
export function DialogFooter({ children }: { children: ReactNode }) {
  return <div className={classes.footer}>{children}</div>;
}
