/**
 * Bundles of OSPF made of its sources as they are: two that are alike, one of the next state version, and some that forget.
 * Each but the last counts in which states of its machines swaps have met it.
 */
import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import { swapped } from '../../source-bundle.ts';
import { type OspfPlace, SOURCES } from '../place.ts';

export const ONE = SOURCES;
export const OTHER = '3.0.901';
/** Of the next state version: each row of each table is made anew there and back. */
export const MIGRATED = '3.0.910';
/** Begins with none of its own LSAs. */
export const FORGETS_LSAS = '3.0.920';
/** Begins to count its cryptographic sequence numbers (RFC 2328 D.3) from 1. */
export const FORGETS_SEQUENCES = '3.0.921';

/** By state of a machine or a list, how many swaps have met one in it. */
export type Met = Record<string, number>;

const BEGIN = '  override start(why: StartReason): void {\n';

/** The log has no room for a line of each of many swaps. */
const TELLS = `${BEGIN}    if (why !== 'cold') {
      const met = new Set(['swaps']);
      const add = (name: string) => met.add(name);
      for (const iface of this.state.interfaces.values()) {
        add(iface.state);
        for (const neighbor of iface.neighbors.values()) {
          add(neighbor.state);
          if (neighbor.unacknowledged > 0) add('flooding');
        }
      }
      const { due, running } = this.state.routing;
      if (due !== undefined) add('SPF due');
      if (running !== undefined || this.state.leaves.size > 0) add('SPF between turns');
      if (this.state.unannounced.size > 0) add('routes to tell');
      const counters = this.state.counters as Record<string, number>;
      for (const name of met) counters[\`met \${name}\`] = (counters[\`met \${name}\`] ?? 0) + 1;
    }
`;

/** Puts the next state version in the place of the sources'. The text is only bundled: nothing looks at types. */
function migrated(text: string): string {
  const [whole, version, up, down, were] =
    /version: (\d+),\n {4}up: \{(.*)\},\n {4}down: \{(.*)\},\n {4}tables: (.*),\n/.exec(text) ?? [];
  if (whole === undefined) throw new Error('the manifest is written otherwise');
  const tables = `Object.fromEntries(Object.entries(${were}).map(([name, { up, down }]) =>
      [name, { up: { ...up, ${version}: made }, down: { ...down, ${version}: made } }]))`;
  const made = `const made = (row) => structuredClone(row);\nconst later = (state) => ({ ...state, later: true });
const sooner = ({ later: _, ...state }) => state;\n`;
  const manifest = `version: ${Number(version) + 1},
    up: {${up}, ${version}: later }, down: {${down}, ${version}: sooner }, tables: ${tables},
`;
  return swapped(
    swapped(text, whole, manifest),
    'export const manifest = {',
    `${made}export const manifest = {`,
  );
}

/** From the sources of a file to those of the bundle. */
type Change = (text: string) => string;

const tells: Change = (text) => swapped(text, BEGIN, TELLS);

const CHANGES: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  [ONE]: { 'module.ts': tells },
  [OTHER]: { 'module.ts': tells },
  [MIGRATED]: { 'module.ts': (text) => migrated(tells(text)) },
  [FORGETS_LSAS]: {
    'module.ts': (text) =>
      swapped(
        swapped(
          swapped(text, 'beginTimers, firstInterfaces', 'beginTimers, originateAll, firstInterfaces'),
          '  onResume(): Steps {\n    return this.#handle((agenda) => {\n',
          '  onResume(): Steps {\n    return this.#handle((agenda) => {\n      originateAll(this.state, agenda);\n',
        ),
        BEGIN,
        `${BEGIN}    for (const key of this.state.originated.keys()) this.state.lsas.delete(key);
    this.state.originated.clear();
`,
      ),
  },
  [FORGETS_SEQUENCES]: {
    'module.ts': (text) => swapped(text, BEGIN, `${BEGIN}    this.state.sequences.clear();\n`),
    'sequence.ts': (text) => swapped(text, 'const clock = Math', 'const clock = 1; Math'),
  },
};

/** Makes the bundles of these versions. */
export async function makeVersions(place: OspfPlace, versions: readonly string[]): Promise<void> {
  for (const version of versions) await place.bundle('ospf', version, [changing(CHANGES[version]!)]);
}

function changing(changes: Readonly<Record<string, Change>>): Plugin {
  return {
    name: 'changing',
    setup({ onLoad }) {
      for (const [file, change] of Object.entries(changes))
        onLoad({ filter: new RegExp(`modules/ospf/${file}$`) }, ({ path }) => ({
          contents: change(readFileSync(path, 'utf8')),
          loader: 'ts',
        }));
    },
  };
}

/** Counts of swaps that versions have made, out of the counters of the state. */
export function metIn(counters: Readonly<Record<string, number>>): Met {
  const met = Object.entries(counters).filter(([name]) => name.startsWith('met '));
  return Object.fromEntries(met.map(([name, count]) => [name.slice('met '.length), count]));
}
