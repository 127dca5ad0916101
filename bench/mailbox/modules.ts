/** The modules that are sent to and publish: generated, for the program may want a thousand of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime } from 'hitless/runtime';

/** What the modules call, on `globalThis`: a bundle can require nothing. */
const PROBE = 'hitlessBench';

const MANIFEST = "version: '1.0.0', mailbox: 1048576, timers: [], ports: [], state: { version: 1 }";

/** SERVER, which takes `cast` and answers `get`; `handled` is called for each `cast`. */
export async function startServer(directory: string, handled: (body: unknown) => void): Promise<Runtime> {
  const source = `const { Module } = require('hitless/runtime');
const handled = globalThis.${PROBE};
exports.manifest = { api: 1, name: 'SERVER', accepts: { cast: [1], get: [1] }, sends: {}, subscribes: {}, ${MANIFEST} };
exports.default = class extends Module {
  initial() { return {}; }
  onCast({ body }) { handled(body); }
  onGet({ body }) { return body + 1; }
};
`;
  return start(directory, [['SERVER', source]], handled);
}

/** PUBLISHER, which publishes as many events as it is told, and its subscribers. */
export async function startSubscribers(
  directory: string,
  count: number,
  handled: (body: unknown) => void,
): Promise<Runtime> {
  const publisher = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 1, name: 'PUBLISHER', accepts: { burst: [1] }, sends: {}, subscribes: {}, publishes: { news: 1 }, ${MANIFEST} };
exports.default = class extends Module {
  initial() { return {}; }
  onBurst({ body: { from, size } }) {
    for (let i = 0; i < size; i++) this.ctx.publish('news', from + i);
  }
};
`;
  const subscriber = (name: string) => `const { Module } = require('hitless/runtime');
const handled = globalThis.${PROBE};
exports.manifest = { api: 1, name: '${name}', accepts: {}, sends: {}, subscribes: { news: [1] }, ${MANIFEST} };
exports.default = class extends Module {
  initial() { return {}; }
  onNews({ body }) { handled(body); }
};
`;
  const sources = Array.from({ length: count }, (_, i): [string, string] => {
    const name = `SUBSCRIBER${i + 1}`;
    return [name, subscriber(name)];
  });
  return start(directory, [['PUBLISHER', publisher], ...sources], handled);
}

async function start(
  directory: string,
  sources: readonly (readonly [name: string, source: string])[],
  handled: (body: unknown) => void,
): Promise<Runtime> {
  // Without warm-up: the samples of a throw-away instance would be counted as messages.
  const runtime = new Runtime({ warmUp: false, preparation: 60_000 });
  Object.assign(globalThis, { [PROBE]: handled });
  const changes = sources.map(([module, source]) => {
    const bundle = join(directory, `${module.toLowerCase()}-1.0.0.cjs`);
    writeFileSync(bundle, source);
    return { change: 'add' as const, module, bundle };
  });
  const add = () => runtime.run(changes, { command: 'add', by: 'bench' });
  // Of a thousand bundles one may need too long to load on a busy machine: nothing was disturbed then.
  const report = await add().catch(add).catch(add);
  if (report.outcome !== 'committed') throw new Error(`the modules were not added: ${report.reason}`);
  return runtime;
}
