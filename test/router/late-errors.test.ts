/** A router outlives errors that its modules' code throws when nobody called it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { sourceOf } from '../runtime/workshop.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

/** Each change of the interface begins all that a handler can leave behind. */
const STRAY = sourceOf({
  name: 'IP',
  version: '9.0.0',
  manifest: 'subscribes: { link: [1] }',
  methods: `
    onLink({ body }) {
      if (body.name !== 'wan0' || body.up) return;
      this.#dropped();
      setTimeout(() => { throw new Error('of a timer'); }, 1);
      process.nextTick(() => { throw new Error('of a tick'); });
    }
    async #dropped() { await null; throw new Error('of a promise'); }`,
});

t.test(
  'a dropped promise, a timer and a tick of a module are told, and take out that module alone',
  { skip: NetworkNamespace.unavailable },
  async (t) => {
    const place = stage(t);
    const bundles = join(place.directory, 'bundles');
    mkdirSync(bundles);
    writeFileSync(join(bundles, 'ip-9.0.0.cjs'), STRAY);
    const config = `router: { id: 10.9.0.1, bundles: [${bundles}], modules: { IP: ip@9.0.0 } }\nip: { interfaces: { wan0: } }\nospf: { interfaces: { wan0: } }\n`;
    const { child, output } = await running(t, place, config);
    place.router.ip('link', 'set', 'wan0', 'down');
    const modules = async () =>
      (await execAt(place.socket, 'show modules')).data as {
        name: string;
        service: string;
        errors: number;
      }[];
    const ip = await eventuallyAsync('the third error', 60_000, async () =>
      (await modules()).find(({ name, errors }) => name === 'IP' && errors === 3),
    );
    t.equal(ip.service, 'disabled');
    for (const what of ['promise', 'timer', 'tick'])
      t.match(output(), new RegExp(`IP .*nobody called threw: Error: of a ${what}`));
    for (const other of (await modules()).filter(({ name }) => name !== 'IP'))
      t.match(other, { service: 'service', errors: 0 }, other.name);
    t.equal(child.exitCode, null);
  },
);
