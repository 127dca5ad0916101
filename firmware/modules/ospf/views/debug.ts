/** `debug ospf [packet|neighbor|spf|flooding] [INTERFACE]`: what happens, as it happens, for each who follows by itself. */
import type { ManifestView } from 'hitless/runtime';
import { Rows } from '../../rows.ts';
import { type Happening, MOST_FOLLOWERS, type Note, notesFor } from '../followers.ts';
import type { State } from '../state.ts';
import { interfacesNamed, type NotShown } from './typed.ts';

const HAPPENINGS: readonly Happening[] = ['packet', 'neighbor', 'spf', 'flooding'];
const ALL = 'all';

export const debugViews = {
  debug: {
    words: 'ospf',
    aliases: ['ip ospf'],
    description: 'what OSPF does as it happens: packets, neighbours and interfaces, routes, flooding',
    takes: [
      {
        name: 'what',
        description: 'one of these; all of it without a word',
        optional: true,
        choices: [...HAPPENINGS, ALL],
      },
      { name: 'interface', description: 'the name of an interface; all without it', optional: true },
    ],
    request: 'debug',
    lines: 'lines',
    follows: true,
  },
} satisfies Record<string, ManifestView>;

/** The body of the request: what was typed, who asks, and the number of the last row that it has. */
export type Following = Readonly<Record<string, string | number>> | undefined;

export function debugRows(state: State, body: Following): Rows | NotShown {
  const { what, interface: iface, follower = '', after = 0 } = body ?? {};
  const of = HAPPENINGS.find((each) => each === what);
  const name = iface === undefined ? undefined : String(iface);
  const named = interfacesNamed(state, name);
  if ('refused' in named) return named;
  if (of === 'spf' && name !== undefined)
    return { refused: 'routes are computed for all interfaces together: type "debug ospf spf"' };
  const notes = notesFor(state, String(follower), Number(after), { of, iface: name });
  if (notes === undefined)
    return { refused: `${MOST_FOLLOWERS} consoles follow OSPF already; end "debug" on one of them` };
  return new Rows(function* (rows) {
    rows.size = notes.length;
    for (const each of notes) yield rowOf(each);
  });
}

function rowOf({ number, at, of, say }: Note): object {
  const { lines, facts } = say();
  const [first = '', ...others] = lines;
  return {
    number,
    time: new Date(at).toISOString(),
    of,
    ...facts,
    lines: [`${timeText(at)} ${first}`, ...others],
  };
}

/** `14:03:59.250`, by the router's own clock. */
function timeText(at: number): string {
  const time = new Date(at);
  return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
