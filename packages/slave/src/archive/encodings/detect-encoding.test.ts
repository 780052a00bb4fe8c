import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createNameDecoder } from './create-name-decoder.ts';
import { detectEncoding } from './detect-encoding.ts';
import { nameEncodings } from './name-encodings.ts';

/** iconv is an independent encoder: Node only decodes these. */
const encode = (text: string, charset: string): Buffer =>
  execFileSync('iconv', ['-f', 'UTF-8', '-t', charset], { input: text });

const names: readonly [charset: string, label: string, names: readonly string[]][] = [
  ['GBK', 'gb18030', ['新建文件夹/说明文档.txt', '照片/北京.jpg']],
  ['GBK', 'gb18030', ['中文.txt']],
  ['BIG5', 'big5', ['新增資料夾/說明文件.txt', '台灣照片.jpg']],
  ['SHIFT_JIS', 'shift_jis', ['新しいフォルダー/テスト.txt', '写真/東京.jpg']],
  ['SHIFT_JIS', 'shift_jis', ['ソース表.txt']],
  ['EUC-JP', 'euc-jp', ['新しいフォルダー/テスト.txt', '写真.jpg']],
  ['CP949', 'euc-kr', ['새 폴더/문서.txt', '사진/서울.jpg']],
  ['CP866', 'ibm866', ['Новая папка/Документ.txt', 'фото.jpg']],
  ['CP1251', 'windows-1251', ['Новая папка/Документ.txt', 'фото.jpg']],
  ['KOI8-R', 'koi8-r', ['Новая папка/Документ.txt', 'фото.jpg']],
  ['CP437', 'cp437', ['Größe/Übung.txt', 'español/niño.txt', 'français/été.txt']],
  ['CP1252', 'windows-1252', ['Größe/Übung.txt', 'español/niño.txt', 'français/été.txt']],
  ['CP1253', 'windows-1253', ['Νέος φάκελος/έγγραφο.txt']],
  ['CP1255', 'windows-1255', ['תיקייה חדשה/מסמך.txt']],
  ['CP1256', 'windows-1256', ['مجلد جديد/مستند.txt']],
];

describe('detectEncoding', () => {
  it.each(names)('finds %s (%s) by the names %j', (charset, label, texts) => {
    const samples = texts.map((text) => encode(text, charset));
    expect(detectEncoding(samples).encoding).toBe(label);
    const decoder = createNameDecoder(null);
    for (const sample of samples) decoder.sample(sample);
    expect(samples.map((sample) => decoder.decode(sample))).toEqual(texts);
  });

  it('is not sure of a single letter', () => {
    expect(detectEncoding([Buffer.from([0x61, 0xe9])]).confidence).toBeLessThan(1);
  });
});

describe('createNameDecoder', () => {
  it('reads names that are UTF-8 as UTF-8 among others that are not', () => {
    const decoder = createNameDecoder(null);
    const legacy = encode('Документ.txt', 'CP866');
    decoder.sample(legacy);
    expect(decoder.decode(Buffer.from('Документ.txt'))).toBe('Документ.txt');
    expect(decoder.decode(legacy)).toBe('Документ.txt');
  });

  it('knows the encodings that Cloudreve offers', () => {
    expect(Object.keys(nameEncodings).length).toBeGreaterThanOrEqual(37);
    for (const [label, decode] of Object.entries(nameEncodings)) {
      if (!label.startsWith('utf-16')) expect(decode(Buffer.from('plain.txt')), label).toBe('plain.txt');
    }
  });

  it('refuses an encoding that is none', () => {
    expect(() => createNameDecoder('klingon')).toThrow('klingon');
  });
});
