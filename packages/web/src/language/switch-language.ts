import { useSyncExternalStore } from 'react';
import { currentLanguage, type Language, loadCatalogue, rememberLanguage } from './language.ts';

const listeners = new Set<() => void>();

/** Loads the other catalogue, then draws everything anew. */
export async function switchLanguage(language: Language): Promise<void> {
  await loadCatalogue(language);
  rememberLanguage(language);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLanguage = (): Language => useSyncExternalStore(subscribe, currentLanguage);
