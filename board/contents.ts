/**
 * The list that each slot of an image carries, `contents.txt`: what the slot is, its parts by size and SHA-256, and
 * what they were made of. One line each:
 *
 *     board NAME            hitless VERSION            linux VERSION            node VERSION
 *     part NAME SIZE SHA256
 *     input …
 */
import { BoardError } from './errors.ts';

export const CONTENTS = 'contents.txt';

export interface Part {
  /** Of a file in the slot. */
  name: string;
  /** In bytes. */
  size: number;
  /** In hexadecimal. */
  sha256: string;
}

export interface Contents {
  board: string;
  hitless: string;
  linux: string;
  node: string;
  parts: Part[];
  /** As the lock has them, unread. */
  inputs: string[];
}

const FACTS = ['board', 'hitless', 'linux', 'node'] as const;
type Fact = (typeof FACTS)[number];

/** A name or a version: nothing that a terminal or a path would take for more. */
const WORD = /^[A-Za-z0-9][A-Za-z0-9.+~:_-]{0,63}$/;
/** A file's name has no folder in it. */
const PART = /^([A-Za-z0-9][A-Za-z0-9._-]{0,99}) (0|[1-9]\d{0,9}) ([0-9a-f]{64})$/;
const INPUT = /^[\x20-\x7e]+$/;

/**
 * @param where is named in errors, such as `x.img, slot a`
 * @throws BoardError `CONTENTS_INVALID` with the line
 */
export function parseContents(text: string, where: string): Contents {
  const facts = new Map<string, string>();
  const parts: Part[] = [];
  const inputs: string[] = [];
  const invalid = (problem: string) =>
    new BoardError('CONTENTS_INVALID', `${where}: ${CONTENTS}${problem}; build the image again`);
  if (!text.endsWith('\n')) throw invalid(' does not end with a whole line');
  for (const [index, line] of text.slice(0, -1).split('\n').entries()) {
    const wrong = (problem: string) => invalid(`:${index + 1}: ${problem}`);
    const [, key = '', value = ''] = /^([a-z]+) (.*)$/.exec(line) ?? [];
    if (key === 'part') {
      const part = partOf(value);
      if (part === undefined) throw wrong(`no "part NAME SIZE SHA256": ${quoted(line)}`);
      if (parts.some((one) => same(one.name, part.name)) || same(part.name, CONTENTS))
        throw wrong(`${part.name} is listed already`);
      parts.push(part);
    } else if (key === 'input' && INPUT.test(value)) {
      inputs.push(value);
    } else if (isFact(key) && WORD.test(value)) {
      if (facts.has(key)) throw wrong(`${key} is there already`);
      facts.set(key, value);
    } else throw wrong(`this line is not understood: ${quoted(line)}`);
  }
  const fact = (key: Fact): string => {
    const value = facts.get(key);
    if (value === undefined) throw invalid(` has no line "${key} …"`);
    return value;
  };
  if (parts.length === 0) throw invalid(' lists no part');
  const [board, hitless, linux, node] = [fact('board'), fact('hitless'), fact('linux'), fact('node')];
  return { board, hitless, linux, node, parts, inputs };
}

function partOf(value: string): Part | undefined {
  const [, name, size, sha256] = PART.exec(value) ?? [];
  if (name === undefined || size === undefined || sha256 === undefined) return undefined;
  return { name, size: Number(size), sha256 };
}

function isFact(key: string): key is Fact {
  return (FACTS as readonly string[]).includes(key);
}

/** FAT knows no case. */
function same(one: string, other: string): boolean {
  return one.toUpperCase() === other.toUpperCase();
}

function quoted(line: string): string {
  const shown = line.length > 80 ? `${line.slice(0, 80)}…` : line;
  return JSON.stringify(shown).replace(/[^\x20-\x7e…]/g, '?');
}
