import { decodeCp437 } from './code-page-437.ts';
import { scripts } from './common-letters.ts';
import type { NameEncoding } from './name-encodings.ts';

export type DetectedEncoding = {
  readonly encoding: NameEncoding;
  /** 0 (a guess) to 1 (nothing else fits). */
  readonly confidence: number;
};

type Script = (typeof scripts)[keyof typeof scripts];
type Candidate = { readonly encoding: NameEncoding; readonly script: Script };

/** In the order in which they win a draw. */
const candidates: readonly Candidate[] = [
  { encoding: 'shift_jis', script: scripts.japanese },
  { encoding: 'euc-jp', script: scripts.japanese },
  { encoding: 'gb18030', script: scripts.simplifiedChinese },
  { encoding: 'big5', script: scripts.traditionalChinese },
  { encoding: 'euc-kr', script: scripts.korean },
  { encoding: 'ibm866', script: scripts.cyrillic },
  { encoding: 'windows-1251', script: scripts.cyrillic },
  { encoding: 'koi8-r', script: scripts.cyrillic },
  { encoding: 'cp437', script: scripts.latin },
  { encoding: 'windows-1252', script: scripts.latin },
  { encoding: 'windows-1250', script: scripts.centralEuropean },
  { encoding: 'windows-1253', script: scripts.greek },
  { encoding: 'windows-1255', script: scripts.hebrew },
  { encoding: 'windows-1256', script: scripts.arabic },
  { encoding: 'windows-874', script: scripts.thai },
];

const leastScore = 0.15;
const fallback: DetectedEncoding = { encoding: 'cp437', confidence: 0 };

/**
 * The likeliest encoding of names that are not UTF-8: the one in which most letters beyond ASCII are common ones
 * of one script. Names are short, so this is a guess; the caller shows the names before it is relied on.
 */
export function detectEncoding(samples: readonly Uint8Array[]): DetectedEncoding {
  const separator = Buffer.from('\n');
  const all = Buffer.concat(samples.flatMap((name) => [name, separator]));
  const ranked = candidates
    .map(({ encoding, script }) => ({ encoding, score: score(decode(all, encoding), script) }))
    .sort((a, b) => b.score - a.score);
  const [best, second] = ranked;
  if (best === undefined || best.score < leastScore) return fallback;
  const lead = best.score - Math.max(0, second?.score ?? 0);
  return { encoding: best.encoding, confidence: Math.min(1, Math.max(0, lead / best.score)) };
}

function decode(bytes: Uint8Array, encoding: NameEncoding): string | null {
  if (encoding === 'cp437') return decodeCp437(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** 1 when all letters beyond ASCII are common in the script, below 0 when they are not of the script at all. */
function score(text: string | null, { common, letters, areWide, isLatin }: Script): number {
  if (text === null) return -1;
  let sum = 0;
  let count = 0;
  let before = '';
  for (const letter of text) {
    if (letter >= '\u0080') {
      count += 1;
      if (common.has(letter)) sum += 1;
      else if (common.has(letter.toLowerCase())) sum += isUpperInside(before) ? -0.5 : 0.8;
      else if (letters.test(letter)) sum += areWide ? 0.1 : 0.3;
      else sum -= 1;
    }
    // Words mix accented letters with ASCII ones only where both are Latin.
    if (
      !isLatin &&
      !areWide &&
      isAsciiLetter(letter) !== isAsciiLetter(before) &&
      isWord(letter) &&
      isWord(before)
    ) {
      sum -= 0.5;
    }
    before = letter;
  }
  return count === 0 ? 0 : sum / count;
}

/** An upper-case letter behind a lower-case one: rare in words, common in the wrong code page. */
const isUpperInside = (before: string): boolean => before !== before.toUpperCase();

const isAsciiLetter = (letter: string): boolean => /^[a-z]$/i.test(letter);
const isWord = (letter: string): boolean => letter >= '\u0080' || isAsciiLetter(letter);
