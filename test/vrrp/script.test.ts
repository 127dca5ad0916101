/** Programs of virtual routers beside real packets: what they are told, and what a check does to the role. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';

const PATIENCE = 60_000;

t.test(
  'a program is told of each role, a check ends the role, and a swap runs neither anew',
  { skip: NetworkNamespace.unavailable },
  async (t) => {
    const place = await VrrpPlace.make(t);
    // The programs run as nobody.
    chmodSync(place.directory, 0o1777);
    const at = (name: string) => join(place.directory, name);
    const script = (name: string, text: string) => {
      writeFileSync(at(name), `#!/bin/sh\n${text}\n`);
      chmodSync(at(name), 0o755);
      return at(name);
    };
    const program = script('notify', `echo "$2 $3 $VRRP_STATE $(id -un)" >> ${at('roles')}`);
    const of = script('check', `[ ! -e ${at('ill')} ]`);
    const roles = () => (existsSync(at('roles')) ? readFileSync(at('roles'), 'utf8').trim().split('\n') : []);
    const toldLast = (what: string) =>
      eventuallyAsync(`the last role told is ${what}`, PATIENCE, async () => roles().at(-1) === what);
    await place.start([
      {
        interface: 'lan0',
        group: 51,
        interval: '100ms',
        addresses: ['10.0.1.254'],
        notify: { program },
        track: [{ of, interval: '100ms' }],
      },
    ]);
    await place.comesTo('Active');
    await toldLast('lan0/51 MASTER Active nobody');
    const before = roles().length;
    for (const version of ['3.0.901', '3.0.900'])
      t.match(await place.exec(`replace VRRP vrrp@${version}`), { ok: true });
    t.equal(roles().length, before);
    writeFileSync(at('ill'), '');
    await place.comesTo('Initialize');
    await toldLast('lan0/51 FAULT Initialize nobody');
    rmSync(at('ill'));
    await place.comesTo('Active');
    await toldLast('lan0/51 MASTER Active nobody');
    await place.kill('SIGTERM');
    t.equal(roles().at(-1), 'lan0/51 STOP Initialize nobody', 'told before the router has ended');
  },
);
