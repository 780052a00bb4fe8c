import type { MessageKey, Messages } from './messages/messages.ts';
import type { ServerWords } from './server-words.ts';

export const languages = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof languages;

const storageKey = 'longshore-language';

let messages: Messages;
let hints: Readonly<Record<string, string | undefined>>;
let words: ServerWords | null = null;
let current: Language = 'en';

export const currentLanguage = (): Language => current;

/** For `Intl`: the language of the page. */
export const locale = (): string => (current === 'zh' ? 'zh-CN' : 'en');

/** The language somebody has chosen before, else the browser's, else English. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem(storageKey);
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Loads a catalogue and makes it the one that `t` reads. */
export async function loadCatalogue(language: Language): Promise<void> {
  if (language === 'zh') {
    const { zh, zhHints, zhServerWords } = await import('./messages/zh.ts');
    [messages, hints, words] = [zh, zhHints, zhServerWords];
  } else {
    const { en, enHints } = await import('./messages/en.ts');
    [messages, hints, words] = [en, enHints, null];
  }
  current = language;
  document.documentElement.lang = locale();
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
}

/**
 * A message of the catalogue with its `{names}` filled in. "one file|{count} files" chooses by `count`; a language
 * without plurals has one form.
 */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  return fillIn(messages[key], values);
}

/** For what the master tells; null in English, which it speaks itself. */
export const serverWords = (): ServerWords | null => words;

/** What to do about an error, where the catalogue has a hint of its own for it. */
export const hintFor = (code: string): string | undefined => hints[code];

export function fillIn(message: string, values: Record<string, string | number>): string {
  const forms = message.split('|');
  const text = forms.length === 2 && values.count !== 1 ? forms[1] : forms[0];
  return (text ?? '').replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? value.toLocaleString(locale()) : (value ?? `{${name}}`);
  });
}
