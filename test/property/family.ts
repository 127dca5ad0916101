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
}

export const VERSIONS: readonly Version[] = [
  { version: '1.0.0', state: 1, speaks: 1, timers: true, subscribes: true },
  { version: '1.1.0', state: 1, speaks: 1, timers: true, subscribes: true },
  { version: '1.2.0', state: 1, speaks: 2, timers: false, subscribes: true },
  { version: '2.0.0', state: 2, speaks: 1, timers: true, subscribes: true },
  { version: '2.1.0', state: 2, speaks: 2, timers: true, subscribes: false },
  { version: '3.0.0', state: 3, speaks: 2, timers: true, subscribes: true },
];

/** Versions of the message protocol understood. A's first version is the only one that lags behind. */
export function accepts(name: string, { version }: Version): readonly number[] {
  return name === 'A' && version === '1.0.0' ? [1] : [1, 2];
}

export function versionOf(version: string): Version {
  return VERSIONS.find((candidate) => candidate.version === version)!;
}

export const refOf = (name: string, version: string) => `${name.toLowerCase()}@${version}`;

/** When a handler of the tested modules may be cut, in ms; and how long one takes that is to be cut. */
export const MAX_HANDLER_MS = 15;
export const SPIN_MS = 60;

function sourceOf(name: string, of: Version): string {
  const { version, state, speaks, timers, subscribes } = of;
  const takes = ['work', 'task', 'probe'];
  const manifest = {
    api: 1,
    name,
    version,
    maxHandlerMs: MAX_HANDLER_MS,
    accepts: Object.fromEntries(takes.map((type) => [type, accepts(name, of)])),
    sends: Object.fromEntries(NAMES.map((to) => [to, { work: speaks, task: speaks }])),
    subscribes: subscribes ? { news: [1] } : {},
    publishes: { news: 1 },
    timers: timers ? ['once'] : [],
    ports: [],
  };
  const steps = (way: string) =>
    [1, 2]
      .filter((n) => n < state)
      .map((n) => `${n}: (state) => world().carry('${name}', '${way}', ${n}, state)`)
      .join(', ');
  return `const { Module } = require('hitless/runtime');
const world = () => globalThis.hitlessProperty;
exports.manifest = {
  ...${JSON.stringify(manifest)},
  mailbox: world().mailboxOf('${name}', ${state}),
  state: { version: ${state}, up: { ${steps('up')} }, down: { ${steps('down')} } },
};
exports.default = class extends Module {
  constructor() { super(); world().constructed(this, '${name}', '${version}'); }
  initial() { return world().initial(this); }
  isQuiescent() { return world().isQuiescent(this); }
  start(why) { return world().start(this, why); }
  onProbe() { return world().probe(this); }
  onWork(message) { return world().work(this, message); }
  *onTask(message) { return yield* world().task(this, message); }
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
