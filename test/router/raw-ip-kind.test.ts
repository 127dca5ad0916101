/** A module that no release knows has its own sockets: declared by kind, groups joined and left while they are open. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Remote, until } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';
import { rawSockets } from './sockets.ts';

const skip = NetworkNamespace.unavailable;
/** For experiments (RFC 3692). */
const PROTOCOL = 253;
const GROUP = '224.0.0.200';
const OTHER = '224.0.0.201';
const PATIENCE = 20_000;

/** A module that obeys what comes by its port, and says what it heard. */
function chat(version: string, { kind = 'raw-ip', start = '' } = {}): string {
  return `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'CHAT', version: '${version}', accepts: {}, subscribes: {}, timers: [],
  ports: { wire: { kind: '${kind}', protocol: ${PROTOCOL}, groups: ['${OTHER}'], ttl: 1 } }, state: { version: 1 } };
exports.default = class extends Module {
  initial() { return { groups: [] }; }
  start() { this.ctx.openPort('wire', 'wan0', { groups: this.state.groups }); ${start} }
  onWire({ key, datum: { from, to, payload } }) {
    const [verb, group] = Buffer.from(payload).toString().split(' ');
    this.ctx.log('info', this.ctx.version + ' heard ' + verb + ' on ' + key + ' to ' + to);
    if (verb === 'join') this.state.groups.push(group);
    else if (verb === 'leave') this.state.groups.splice(this.state.groups.indexOf(group), 1);
    else return;
    this.ctx.openPort('wire', key, { groups: this.state.groups });
    this.ctx.transmit('wire', key, { to: from, payload: Buffer.from('done') });
  }
};
`;
}

/** A router with the bundles, and somebody who speaks to CHAT. */
async function place(t: Test) {
  const at: Stage = stage(t);
  for (const [version, how] of Object.entries({
    '1.0.0': {},
    '1.1.0': {},
    '1.2.0': { kind: 'raw-ip9' },
    '1.3.0': { start: "throw new Error('no');" },
  }))
    writeFileSync(join(at.directory, `chat-${version}.cjs`), chat(version, how));
  const config = `router: { id: 10.9.0.1, bundles: [${at.directory}] }\nospf: { interfaces: { wan0: {} } }\n`;
  const { child, output } = await running(t, at, config);
  const peer = new Remote({ namespace: at.peer });
  await peer.order({ op: 'open', port: 'p', options: { interface: 'eth0', protocol: PROTOCOL } });
  const send = (to: string, text: string) =>
    peer.order({ op: 'send', port: 'p', to, payload: Buffer.from(text).toString('hex') });
  let count = 0;
  return {
    ...at,
    exec: (command: string) => execAt(at.socket, command),
    sockets: () => rawSockets(child.pid!, PROTOCOL),
    joined: () => at.router.ip('-4', 'maddress', 'show', 'dev', 'wan0').match(/224\.0\.0\.20[01]/g) ?? [],
    /** Has it join or leave a group, and waits until it says so. */
    async tell(verb: string, group: string) {
      peer.told.length = 0;
      await send('10.9.0.1', `${verb} ${group}`);
      await until(() => peer.told.some(({ packet }) => packet?.from === '10.9.0.1'));
    },
    /** Which of these addresses it hears, and by which version. */
    async hears(...addresses: string[]): Promise<string[]> {
      const mark = `mark${++count}`;
      for (const to of [...addresses, '10.9.0.1']) await send(to, mark);
      const heard = () => [...output().matchAll(new RegExp(`(\\S+) heard ${mark} on wan0 to (\\S+)`, 'g'))];
      await eventuallyAsync('it hears what is for itself', PATIENCE, async () =>
        heard().some(([, , to]) => to === '10.9.0.1'),
      );
      return heard().flatMap(([, version, to]) => (to === '10.9.0.1' ? [] : [`${version} ${to}`]));
    },
    output,
  };
}

t.test(
  'a module of its own opens a socket, joins a group, leaves it, and no swap closes the socket',
  { skip },
  async (t) => {
    const { exec, sockets, joined, tell, hears } = await place(t);
    t.match(await exec('add CHAT chat@1.3.0'), { ok: false });
    t.same(sockets(), [], 'a start that failed leaves no socket');

    t.match(await exec('add CHAT chat@1.0.0'), { ok: true });
    const first = sockets();
    t.equal(first.length, 1);
    t.same(await hears(GROUP, OTHER), [`1.0.0 ${OTHER}`]);
    await tell('join', GROUP);
    t.same(await hears(GROUP, OTHER), [`1.0.0 ${GROUP}`, `1.0.0 ${OTHER}`]);

    t.match(await exec('replace CHAT chat@1.1.0'), { ok: true });
    t.same(sockets(), first, 'the same socket');
    t.same(await hears(GROUP, OTHER), [`1.1.0 ${GROUP}`, `1.1.0 ${OTHER}`]);
    await tell('leave', GROUP);
    t.same(await hears(GROUP, OTHER), [`1.1.0 ${OTHER}`]);
    t.same(joined(), [OTHER]);
    await tell('join', GROUP);

    t.match(await exec('replace CHAT chat@1.3.0'), { ok: false });
    t.match(await exec('rollback'), { ok: true });
    t.same(sockets(), first, 'over an abort and the way back, too');
    t.same(await hears(GROUP), [`1.0.0 ${GROUP}`]);
    const shown = (await exec('show ports')).data as { module: string }[];
    t.match(
      shown.filter(({ module }) => module === 'CHAT'),
      [{ key: 'wan0', kind: 'raw-ip', settings: { groups: [GROUP] } }],
    );

    for (const command of ['replace', 'check replace']) {
      const { lines, message } = await exec(`${command} CHAT chat@1.2.0`);
      t.match(
        `${lines} ${message}`,
        /is of kind "raw-ip9", which this program does not know; it knows raw-ip/,
        command,
      );
    }
    t.match(await exec('remove CHAT'), { ok: true });
    t.same(sockets(), []);
    t.same(joined(), []);
  },
);

t.test(
  'its interface may go and come again: a new socket is in the groups of the old one',
  { skip },
  async (t) => {
    const { exec, sockets, joined, tell, hears, router, peer, output } = await place(t);
    await exec('add CHAT chat@1.0.0');
    await tell('join', GROUP);
    const before = sockets();
    router.ip('link', 'set', 'wan0', 'name', 'away0', 'down');
    await eventuallyAsync('it says so', PATIENCE, async () => /interface wan0 is gone/.test(output()));
    await eventuallyAsync('the socket is closed', PATIENCE, async () => sockets().length === 0);
    router.ip('link', 'set', 'away0', 'name', 'wan0', 'up');
    await eventuallyAsync('it is in its groups again', PATIENCE, async () => joined().length === 2);
    peer.ip('neigh', 'flush', 'all');
    t.same(await hears(GROUP, OTHER), [`1.0.0 ${GROUP}`, `1.0.0 ${OTHER}`]);
    t.equal(sockets().length, 1);
    t.notSame(sockets(), before);
  },
);
