/** The ways by which a configuration comes to a router: the file, read again by a signal or a command, or a session of the console. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { ConsoleSession } from '../console-session.ts';
import { readAgain } from '../host.ts';
import { type Configuration, wordsBetween } from './configuration.ts';
import type { Dice } from './dice.ts';
import type { Place } from './place.ts';

/** The router's answer to a change. */
export interface Reply {
  ok: boolean;
  /** Code and message where it came to nothing, else what was done. */
  says: string;
}

export type Asked = Configuration | string;

export function textOf(asked: Asked): string {
  return typeof asked === 'string' ? asked : stringify(asked);
}

/** A configuration in one of the forms that say the same. */
export function written(configuration: Configuration, dice: Dice): string {
  const forms = [
    () => stringify(configuration),
    () => `# ${dice.int(1000)}\n${stringify(configuration, { indent: 4 })}`,
    () => stringify(configuration, { collectionStyle: 'flow', lineWidth: 0 }),
  ];
  return dice.pick(forms)();
}

/** Writes the file, and has the router read it again: by a console's command, which says what came of it. */
export async function byReload(place: Place, text: string): Promise<Reply> {
  place.write(text);
  const { ok, code, message, data } = await place.exec('reload');
  return { ok, says: ok ? JSON.stringify(data) : `${code}: ${message}` };
}

/** Writes the file, and has the router read it again: by the signal, of which the log says what came of it. */
export async function bySignal(place: Place, text: string): Promise<Reply> {
  place.write(text);
  const said = await readAgain(
    (signal) => place.signal(signal),
    () => place.output,
  );
  const line = /the configuration was read again(.*)\n/.exec(said)![1]!;
  const nothing = /^, and nothing changed: (.*)/.exec(line);
  return nothing === null ? { ok: true, says: line.slice(2) } : { ok: false, says: nothing[1]! };
}

/** Lines that are typed besides the changes. */
export interface Typing {
  /** Behind `commit`. */
  options?: string;
  /** Commands of the same session that follow. */
  after?: readonly string[];
}

/** Edits a candidate, and commits it. Ends with the first line that is refused. */
export async function byConsole(
  t: Test,
  place: Place,
  before: Configuration,
  asked: Asked,
  { options = '', after = [] }: Typing = {},
): Promise<Reply> {
  const session = await ConsoleSession.open(t, place.socket);
  try {
    const lines = [...linesFor(place, before, asked), `commit${options}`, ...after];
    let says = '';
    for (const line of lines) {
      const answer = await session.say(line);
      if (!answer.ok) return { ok: false, says: `${answer.code}: ${answer.message}` };
      says = answer.lines.join('\n');
    }
    return { ok: true, says };
  } finally {
    session.lose();
  }
}

/** The lines that make a candidate. */
export function linesFor(place: Place, before: Configuration, asked: Asked): string[] {
  if (typeof asked !== 'string') return wordsBetween(before, asked);
  writeFileSync(join(place.directory, 'candidate.yaml'), asked);
  return ['load configuration candidate.yaml'];
}
