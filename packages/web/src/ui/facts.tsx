import { Fragment } from 'react';

/** Short facts in one line, each of them once, which breaks between them only. */
export function Facts({ of }: { of: readonly string[] }) {
  return of.map((fact, at) => (
    <Fragment key={fact}>
      {at > 0 && ' · '}
      <span className="unbroken">{fact}</span>
    </Fragment>
  ));
}
