/**
 * A version whole in one file (design rule 6): a router in the field is sent an OSPF over its serial line which has a key, a
 * multicast group and a view that no version had when the router was made.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { cable, noCable } from '../drivers/fixtures/cable.ts';
import { Remote } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, HITLESS } from './router-lab.ts';
import { rawSockets } from './sockets.ts';

const RELEASES = new URL('../../firmware/releases/', import.meta.url);
const FUTURE = fileURLToPath(new URL('fixtures/future-ospf.ts', import.meta.url));
const PATIENCE = 20_000;
const OSPF = 89;
const ALL_SPF = '224.0.0.5';
const ALL_D = '224.0.0.6';
const skip = NetworkNamespace.unavailable || noCable;

/** Of the version that the router runs, with a number that is not released. */
const NEWEST = newestRelease('ospf');
const NEXT = NEWEST.replace(/\.\d+\.\d+$/, '.9.0');

/** Bundles the version, as its author does. */
async function bundled(outfile: string): Promise<void> {
  await build({
    entryPoints: [FUTURE],
    alias: { 'released-ospf': fileURLToPath(new URL(`ospf-${NEWEST}.cjs`, RELEASES)) },
    define: { VERSION: JSON.stringify(NEXT) },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['hitless/runtime'],
    logLevel: 'silent',
  });
}

/** The router at one end of a serial line, and what a person does at the other. */
async function field(t: Test) {
  const at = stage(t);
  const { left, right } = await cable(t);
  const config = `router: { id: 10.9.0.1 }
ip: { interfaces: { lo: { router-discovery: false } } }
ospf: { interfaces: { wan0: { hello-interval: 1s, dead-interval: 4s, priority: 0 } } }
console: { socket: ${at.socket}, serial: { path: ${left}, baud: 115200 } }
log: { level: warn }
`;
  const { child, output } = await running(t, at, config);
  const peer = new Remote({ namespace: at.peer });
  await peer.order({ op: 'open', port: 'p', options: { interface: 'eth0', protocol: OSPF } });
  const hitless = (...args: string[]) =>
    spawnSync(process.execPath, [HITLESS, ...args, '--console', right], {
      encoding: 'utf8',
      timeout: 60_000,
    });
  return {
    file: (name: string) => join(at.directory, name),
    push: (bundle: string) => hitless('push', bundle),
    say: (command: string) => {
      const { status, stdout, stderr } = hitless('exec', command);
      return { status, text: stdout + stderr };
    },
    sockets: () => rawSockets(child.pid!, OSPF),
    joined: () =>
      (at.router.ip('-4', 'maddress', 'show', 'dev', 'wan0').match(/224\.0\.0\.(?!1$)\d+/gm) ?? []).sort(),
    output,
    peer,
    send: (to: string) => peer.order({ op: 'send', port: 'p', to, payload: '00' }),
  };
}

t.test(
  'a key, a group and a view come over a serial line, and go back',
  { skip, timeout: 180_000 },
  async (t) => {
    const { file, push, say, sockets, joined, send } = await field(t);
    const before = sockets();
    t.equal(before.length, 1);
    t.same(joined(), [ALL_SPF]);
    const yaml = file('router.yaml');
    const first = readFileSync(yaml, 'utf8');
    writeFileSync(yaml, first.replace('dead-interval: 4s', '$&, all-d-routers: true'));
    const known = spawnSync(process.execPath, [HITLESS, 'check', '--config', yaml], { encoding: 'utf8' });
    t.not(known.status, 0, 'no version that is there knows the key');
    t.match(known.stdout + known.stderr, /ospf\.interfaces\.wan0\.all-d-routers/);
    t.not(say('show ip ospf all-d-routers').status, 0, 'and no such view');

    const bundle = file(`ospf-${NEXT}.cjs`);
    await bundled(bundle);
    t.match(push(bundle), { status: 0, stdout: new RegExp(`^ospf@${NEXT} is on the router`, 'm') });
    t.match(say(`check replace OSPF ospf@${NEXT}`), { status: 0 });
    t.same(joined(), [ALL_SPF], 'a check joins nothing');
    t.match(say(`replace OSPF ospf@${NEXT}`), { status: 0, text: new RegExp(`OSPF ${NEWEST} -> ${NEXT}`) });

    t.same(joined(), [ALL_SPF, ALL_D]);
    t.same(sockets(), before, 'the socket of the version before');
    t.match(say('show ip ospf all-d-routers').text, /INTERFACE +GROUP +HEARD\nwan0 +224\.0\.0\.6 +0/);
    await send(ALL_SPF);
    await send(ALL_D);
    await eventuallyAsync('the packet to the group arrives', PATIENCE, async () =>
      /wan0 +224\.0\.0\.6 +1/.test(say('show ip ospf all-d-routers').text),
    );
    t.match(say('show ip ospf neighbor'), { status: 0 }, 'what was there before, in its words');

    t.match(say('rollback'), { status: 0, text: new RegExp(`OSPF ${NEXT} -> ${NEWEST}`) });
    t.same(joined(), [ALL_SPF]);
    t.same(sockets(), before);
    t.not(say('show ip ospf all-d-routers').status, 0, 'the view went with its version');
  },
);

/** A module that nobody has heard of: it is told its interfaces and groups, and shows what it heard. */
function chat(version: string, { key = '', column = '' } = {}): string {
  const further =
    key === '' ? '' : `, ${key}: { type: 'string', default: 'nobody', description: 'its name' }`;
  return `const { Module } = require('hitless/runtime');
const groups = { type: 'array', items: { type: 'string', format: 'ipv4' }, default: [], description: 'groups to hear' };
const each = { type: 'object', additionalProperties: false, properties: { groups } };
exports.manifest = { api: 2, name: 'CHAT', version: '${version}', accepts: { heard: [1] }, subscribes: {}, timers: [],
  ports: { wire: { kind: 'raw-ip', protocol: 253 } },
  config: { section: 'chat', schema: { type: 'object', additionalProperties: false, description: 'words on the wire',
    properties: { interfaces: { type: 'object', additionalProperties: each, default: {}, description: 'where' }${further} } } },
  views: { heard: { words: 'chat heard', description: 'what was heard', request: 'heard',
    columns: [{ key: 'to', title: 'TO' }, { key: 'text', title: 'TEXT' }${column}], none: 'silence' } },
  state: { version: 1 } };
exports.default = class extends Module {
  initial(config) { return { config, heard: [] }; }
  start() { this.open(); }
  open() {
    const { interfaces } = this.state.config;
    for (const name of this.ctx.ports('wire')) if (!(name in interfaces)) this.ctx.closePort('wire', name);
    for (const [name, { groups }] of Object.entries(interfaces)) this.ctx.openPort('wire', name, { groups });
  }
  configure(config) { return config; }
  apply(config) { this.state.config = config; this.open(); }
  onWire({ datum: { to, payload } }) { this.state.heard.push({ to, text: Buffer.from(payload).toString() }); }
  onHeard() { return this.state.heard.map((row) => ({ ...row, name: this.state.config.name })); }
};
`;
}

t.test(
  'a module that nobody has heard of is added, configured, shown and replaced',
  { skip, timeout: 180_000 },
  async (t) => {
    const { file, push, say, joined, peer, output } = await field(t);
    const yaml = file('router.yaml');
    const first = readFileSync(yaml, 'utf8');
    const section = (text: string) => writeFileSync(yaml, `${first}chat: ${text}\n`);
    await peer.order({ op: 'open', port: 'c', options: { interface: 'eth0', protocol: 253 } });
    const heard = async (to: string, text: string, row: RegExp) => {
      await peer.order({ op: 'send', port: 'c', to, payload: Buffer.from(text).toString('hex') });
      await eventuallyAsync(`${text} is heard`, PATIENCE, async () => row.test(say('show chat heard').text));
    };
    section('{ interfaces: { wan0: { groups: [224.0.0.200] }, wan7: {} } }');
    writeFileSync(file('chat-1.0.0.cjs'), chat('1.0.0'));
    t.match(push(file('chat-1.0.0.cjs')), { status: 0 });
    t.match(say('add CHAT chat@1.0.0'), { status: 0 });
    t.same(joined(), ['224.0.0.200', ALL_SPF]);
    // Asking holds this process up: what the router prints is read when it is done.
    await eventuallyAsync('it says what it lacks', PATIENCE, async () =>
      /CHAT's port wire: this host has no interface wan7 yet; it is served when it comes/.test(output()),
    );
    await heard('224.0.0.200', 'one', /^TO +TEXT\n224\.0\.0\.200 +one$/m);

    section('{ interfaces: { wan0: { groops: [] } } }');
    const next = file('chat-1.1.0.cjs');
    writeFileSync(next, chat('1.1.0', { key: 'name', column: ", { key: 'name', title: 'NAME' }" }));
    t.match(push(next), { status: 0 });
    t.match(say('replace CHAT chat@1.1.0'), { status: 1, text: /chat\.interfaces\.wan0\.groops/ });
    section('{ name: eve, interfaces: { wan0: { groups: [224.0.0.201] } } }');
    t.match(say('replace CHAT chat@1.1.0'), { status: 0 });
    t.same(joined(), ['224.0.0.201', ALL_SPF]);
    await heard('224.0.0.201', 'two', /^TO +TEXT +NAME\n.*one +eve\n224\.0\.0\.201 +two +eve$/m);

    t.match(say('rollback'), { status: 0 });
    t.same(joined(), ['224.0.0.200', ALL_SPF]);
    t.match(say('show chat heard').text, /^TO +TEXT\n/m);
    t.match(say('remove CHAT'), { status: 0 });
    t.same(joined(), [ALL_SPF]);
    t.not(say('show chat heard').status, 0);
  },
);
