import { currentLanguage } from './language.ts';

type Described = { section: string; key: string; description: string };

/**
 * The settings of a program with what each does in the language of the page. What this page does not know stays in the
 * words of the program that told it.
 */
export async function describeSettings<Item extends Described>(
  program: 'master' | 'slave',
  settings: readonly Item[],
): Promise<Item[]> {
  if (currentLanguage() === 'en') return [...settings];
  const { freeSections, masterSettings, slaveSettings } = await import('./messages/zh/settings.ts');
  const words = program === 'master' ? masterSettings : slaveSettings;
  return settings.map((setting) => {
    const { section, key, description } = setting;
    return { ...setting, description: words[`${section}.${key}`] ?? freeSections[section] ?? description };
  });
}
