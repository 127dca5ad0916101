/**
 * Typed input, key by key. The line editor is Node's readline, which reads a stream; this stands between, so that
 * a paste of any size, a noisy serial line or a hostile client costs no more than a bounded piece of work at a time,
 * and a key is delivered at the moment that the terminal chooses.
 */
import { Readable } from 'node:stream';

/** The stream that readline listens to. A key pressed here is handled before `press` returns. */
export class Keyboard extends Readable {
  override _read(): void {}

  press(key: string): void {
    this.emit('data', Buffer.from(key));
  }
}

export type Key =
  | { kind: 'text'; text: string }
  | { kind: 'enter'; text: string }
  | { kind: 'key'; text: string }
  | { kind: 'size'; rows: number; columns: number }
  /** A sequence that means nothing to a line editor. */
  | { kind: 'none' };

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: keys are control characters
/** A `?` comes alone: it may be a question. */
const TEXT = /[^\u0000-\u001f\u007f?]+|\?/y;
/** A terminal sends CR or LF, a telnet client CR LF or CR NUL (RFC 854). */
const ENTER = /\r[\n\u0000]?|\n/y;
const SEQUENCE = /\u001b(?:\[\[?[0-?]{0,32}[ -/]{0,4}[@-~]|O[ -~]|[^\u001b[O])/y;
const UNFINISHED = /^\u001b(?:\[\[?[0-?]{0,32}[ -/]{0,4}|O)?$/;
/** The sequences that readline knows how to read to their end. */
const KNOWN = /^\u001b(?:\[\[?\d{0,3}(?:;\d)?[~^$A-Za-z]|O\d?[A-Za-z]|[^[O])$/;
/** The answer of a terminal that is asked for its size (xterm's window operation 18). */
const SIZE = /^\u001b\[8;(\d{1,4});(\d{1,4})t$/;

// biome-ignore-end lint/suspicious/noControlCharactersInRegex: keys are control characters

/** The first key of what waits, and the characters it takes; undefined when only its beginning is there yet. */
export function firstKey(waiting: string): { key: Key; length: number } | undefined {
  const text = match(TEXT, waiting);
  if (text) return { key: { kind: 'text', text }, length: text.length };
  const enter = match(ENTER, waiting);
  if (enter) return { key: { kind: 'enter', text: enter }, length: enter.length };
  const sequence = match(SEQUENCE, waiting);
  if (sequence) {
    const size = SIZE.exec(sequence);
    const key: Key = size
      ? { kind: 'size', rows: Number(size[1]), columns: Number(size[2]) }
      : KNOWN.test(sequence)
        ? { kind: 'key', text: sequence }
        : { kind: 'none' };
    return { key, length: sequence.length };
  }
  if (waiting === '' || UNFINISHED.test(waiting)) return undefined;
  return { key: { kind: 'key', text: waiting[0]! }, length: 1 };
}

/** The second half of an Enter of which the first came before: the newline or the NUL behind a CR. */
export function endsReturn(key: Key): boolean {
  return (key.kind === 'enter' && key.text === '\n') || (key.kind === 'key' && key.text === '\u0000');
}

/** The report of a size, as an attached terminal sends it. */
export function sizeReport(rows: number, columns: number): string {
  return `\u001b[8;${rows};${columns}t`;
}

function match(pattern: RegExp, text: string): string | undefined {
  pattern.lastIndex = 0;
  return pattern.exec(text)?.[0];
}
