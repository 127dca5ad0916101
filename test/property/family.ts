/**
 * The bundles of the tested modules: every module has the same versions, which differ in state version, message
 * protocol, timers and subscriptions. A bundle is thin: what its code does is told by the world in `world.ts`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const NAMES = ['A', 'B', 'C', 'D', 'E'] as const;

export interface Version {
  readonly version: string;
  readonly state: number;
  /** Version of the message protocol spoken. */
  readonly speaks: number;
  readonly timers: boolean;
  readonly subscribes: boolean;
  /** Declares that it sends to so many modules, the first ones: any later one can be removed. */
  readonly reach: number;
}

export const VERSIONS: readonly Version[] = [
  { version: '1.0.0', state: 1, speaks: 1, timers: true, subscribes: true, reach: 5 },
  { version: '1.1.0', state: 1, speaks: 1, timers: true, subscribes: true, reach: 3 },
  { version: '1.2.0', state: 1, speaks: 2, timers: false, subscribes: true, reach: 5 },
  { version: '2.0.0', state: 2, speaks: 1, timers: true, subscribes: true, reach: 1 },
  { version: '2.1.0', state: 2, speaks: 2, timers: true, subscribes: false, reach: 4 },
  { version: '3.0.0', state: 3, speaks: 2, timers: true, subscribes: true, reach: 5 },
  { version: '4.0.0', state: 4, speaks: 2, timers: true, subscribes: true, reach: 2 },
  { version: '5.0.0', state: 5, speaks: 2, timers: false, subscribes: true, reach: 5 },
  // Brings no way back.
  { version: '6.0.0', state: 6, speaks: 2, timers: true, subscribes: true, reach: 1 },
  { version: '6.1.0', state: 6, speaks: 2, timers: true, subscribes: true, reach: 5 },
];

/** Versions of the message protocol understood. A's first version is the only one that lags behind. */
export function accepts(name: string, { version }: Version): readonly number[] {
  return name === 'A' && version === '1.0.0' ? [1] : [1, 2];
}

/** Whether handlers carry the state of one version to another. */
export function carries(from: Version, to: Version): boolean {
  return from.version !== '6.0.0' || to.state === 6;
}

/** The modules that take back undeliverable messages. */
export function takesBack(name: string): boolean {
  return NAMES.indexOf(name as (typeof NAMES)[number]) < 3;
}

export function versionOf(version: string): Version {
  return VERSIONS.find((candidate) => candidate.version === version)!;
}

export const refOf = (name: string, version: string) => `${name.toLowerCase()}@${version}`;

/** When a handler of the tested modules may be cut, in ms; and how long one takes that is to be cut. */
export const MAX_HANDLER_MS = 15;
export const SPIN_MS = 60;

function sourceOf(name: string, of: Version): string {
  const { version, state, speaks, timers, subscribes, reach } = of;
  const takes = ['work', 'task', 'probe'];
  const manifest = {
    api: 1,
    name,
    version,
    maxHandlerMs: MAX_HANDLER_MS,
    accepts: {
      ...Object.fromEntries(takes.map((type) => [type, accepts(name, of)])),
      ...(takesBack(name) && { undeliverable: [1] }),
    },
    sends: Object.fromEntries(NAMES.slice(0, reach).map((to) => [to, { work: speaks, task: speaks }])),
    subscribes: subscribes ? { news: [1] } : {},
    publishes: { news: 1 },
    timers: timers ? ['once'] : [],
    ports: [],
  };
  const numbers = (way: string) =>
    [1, 2, 3, 4, 5].filter((n) => n < state && !(way === 'down' && n === 5 && version === '6.0.0'));
  const steps = (way: string) =>
    numbers(way)
      .map((n) => `${n}: (state, ended) => world().carry('${name}', '${way}', ${n}, state, ended)`)
      .join(', ');
  const rows = (way: string) =>
    numbers(way)
      .filter((n) => n > 3)
      .map((n) => `${n}: (row, key) => world().row('${name}', '${way}', ${n}, row, key)`)
      .join(', ');
  const tables = state > 3 ? `, tables: { table: { up: { ${rows('up')} }, down: { ${rows('down')} } } }` : '';
  return `const { Module } = require('hitless/runtime');
const world = () => globalThis.hitlessProperty;
exports.manifest = {
  ...${JSON.stringify(manifest)},
  mailbox: world().mailboxOf('${name}', ${state}),
  state: { version: ${state}, up: { ${steps('up')} }, down: { ${steps('down')} }${tables} },
};
exports.default = class extends Module {
  constructor() { super(); world().constructed(this, '${name}', '${version}'); }
  initial() { return world().initial(this); }
  isQuiescent() { return world().isQuiescent(this); }
  start(why) { return world().start(this, why); }
  stop(why) { world().stop(this, why); }
  onProbe() { return world().probe(this); }
  onWork(message) { return world().work(this, message); }
  *onTask(message) { return yield* world().task(this, message); }
  onUndeliverable(message) { world().undeliverable(this, message); }
  onNews(message) { world().work(this, message); }
  onOnce(expiry) { world().expired(this, expiry); }
};
`;
}

/** Writes all bundles of all modules. */
export function writeFamily(directory: string): void {
  for (const name of NAMES)
    for (const version of VERSIONS)
      writeFileSync(join(directory, `${name.toLowerCase()}-${version.version}.cjs`), sourceOf(name, version));
}
