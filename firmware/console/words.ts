/** A line of the console, taken apart into words, and words that are one of a few, or numbers. */
import { didYouMean } from '../../runtime/nearest.ts';
import { FirmwareError } from '../errors.ts';

/** Characters of a line; a longer one is refused, not cut. */
export const LONGEST_LINE = 4096;

export interface Word {
  text: string;
  /** A quoted word is never an option or a comment. */
  quoted: boolean;
  start: number;
  end: number;
}

// Tab separates words, so it is allowed.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what this is for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;

/** The error of a line that is longer than any may be. */
export function tooLong(): FirmwareError {
  return new FirmwareError(
    'LINE_TOO_LONG',
    `the line has more than ${LONGEST_LINE} characters; it was not carried out, give shorter commands`,
  );
}

/** @throws FirmwareError `LINE_TOO_LONG`, `LINE_NOT_UTF8` or `LINE_CONTROL` */
export function checkLine(line: string): void {
  if (line.length > LONGEST_LINE) throw tooLong();
  // Decoders put this character where bytes were not UTF-8.
  const bad = line.indexOf('\ufffd');
  if (bad >= 0) {
    throw new FirmwareError(
      'LINE_NOT_UTF8',
      `character ${bad + 1} of the line is not valid UTF-8; commands are UTF-8 text`,
    );
  }
  const control = CONTROL.exec(line);
  if (control) {
    const code = control[0].charCodeAt(0).toString(16).padStart(2, '0');
    throw new FirmwareError(
      'LINE_CONTROL',
      `character ${control.index + 1} of the line is the control character 0x${code}; commands are plain text`,
    );
  }
}

/**
 * Splits at blanks. Single and double quotes keep blanks inside a word and take everything literally; an unquoted
 * `#` at the start of a word begins a comment. An unquoted `|` is a word of its own.
 * @param commas an unquoted comma is a word of its own
 * @throws FirmwareError `QUOTE_UNCLOSED`
 */
export function splitWords(line: string, commas = false): Word[] {
  const words: Word[] = [];
  const isAlone = (c: string) => c === '|' || (commas && c === ',');
  let at = 0;
  while (at < line.length) {
    if (/\s/.test(line[at]!)) {
      at++;
      continue;
    }
    if (line[at] === '#') break;
    const start = at;
    if (isAlone(line[at]!)) {
      words.push({ text: line[at]!, quoted: false, start, end: ++at });
      continue;
    }
    let text = '';
    let quoted = false;
    while (at < line.length && !/\s/.test(line[at]!) && !isAlone(line[at]!)) {
      const c = line[at]!;
      if (c !== '"' && c !== "'") {
        text += c;
        at++;
        continue;
      }
      const close = line.indexOf(c, at + 1);
      if (close < 0) {
        throw new FirmwareError(
          'QUOTE_UNCLOSED',
          `the quote ${c} at character ${at + 1} is not closed; end the word with another ${c}`,
        );
      }
      quoted = true;
      text += line.slice(at + 1, close);
      at = close + 1;
    }
    words.push({ text, quoted, start, end: at });
  }
  return words;
}

/**
 * @param most the greatest that is taken, of nine digits at most
 * @param what a number of what, for the error
 * @throws FirmwareError `NUMBER_INVALID`
 */
export function parseNumber(text: string, most: number, what: string, hint: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text) || Number(text) > most) {
    throw new FirmwareError('NUMBER_INVALID', `"${shown(text)}" is no ${what} from 1 to ${most}; ${hint}`);
  }
  return Number(text);
}

/** @throws FirmwareError with the code given */
export function oneOf<Choice extends string>(
  text: string,
  choices: readonly Choice[],
  code: 'CHOICE_UNKNOWN' | 'FAULT_UNKNOWN' | 'HOOK_UNKNOWN',
  what: string,
): Choice {
  const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new FirmwareError(
    code,
    `there is no ${what} "${shown(text)}"${didYouMean(text, choices)}; allowed: ${choices.join(', ')}`,
  );
}

/** A word as an error repeats it: not at any length. */
export function shown(word: string): string {
  return word.length > 60 ? `${word.slice(0, 60)}…` : word;
}
