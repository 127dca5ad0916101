/**
 * A version whole in one file (design rule 6): a router in the field is sent an OSPF over its serial line which has a key, a
 * multicast group and a view that no version had when the router was made.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { COMPAT_SECTIONS } from '../../firmware/compat/sections.ts';
import { API_1_VIEWS } from '../../firmware/compat/views.ts';
import { manifest as present } from '../../firmware/modules/ospf/module.ts';
import { Remote } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, HITLESS } from './router-lab.ts';
import { rawSockets } from './sockets.ts';

const FUTURE = fileURLToPath(new URL('fixtures/future-ospf.ts', import.meta.url));
const PATIENCE = 20_000;
const OSPF = 89;
const ALL_SPF = '224.0.0.5';
const ALL_D = '224.0.0.6';
const socat = spawnSync('socat', ['-V']).status === 0;
const skip = NetworkNamespace.unavailable || (socat ? false : 'SKIPPED: socat is not installed');

/** Bundles the version, as its author does. */
async function bundled(outfile: string): Promise<void> {
  const { config, views = API_1_VIEWS.OSPF } = present as { config?: { schema: unknown }; views?: object };
  const schema = config?.schema ?? COMPAT_SECTIONS.find(({ module }) => module === 'OSPF')?.schema;
  await build({
    entryPoints: [FUTURE],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['hitless/runtime'],
    define: { PRESENT_SCHEMA: JSON.stringify(schema), PRESENT_VIEWS: JSON.stringify(views) },
    logLevel: 'silent',
  });
}

/** The router at one end of a serial line, and what a person does at the other. */
async function field(t: Test) {
  const at = stage(t);
  const [theirs, ours] = [join(at.directory, 'theirs'), join(at.directory, 'ours')];
  const pair = spawn('socat', [`pty,raw,echo=0,link=${theirs}`, `pty,raw,echo=0,link=${ours}`]);
  t.teardown(() => pair.kill());
  await eventuallyAsync(
    'the pty pair is there',
    PATIENCE,
    async () => existsSync(theirs) && existsSync(ours),
  );
  const config = `router: { id: 10.9.0.1 }
ospf: { interfaces: { wan0: { hello-interval: 1s, dead-interval: 4s } } }
console: { socket: ${at.socket}, serial: { path: ${theirs}, baud: 115200 } }
log: { level: error }
`;
  const { child } = await running(t, at, config);
  const peer = new Remote({ namespace: at.peer });
  await peer.order({ op: 'open', port: 'p', options: { interface: 'eth0', protocol: OSPF } });
  const hitless = (...args: string[]) =>
    spawnSync(process.execPath, [HITLESS, ...args, '--console', ours], { encoding: 'utf8', timeout: 60_000 });
  return {
    file: (name: string) => join(at.directory, name),
    push: (bundle: string) => hitless('push', bundle),
    say: (command: string) => {
      const { status, stdout, stderr } = hitless('exec', command);
      return { status, text: stdout + stderr };
    },
    sockets: () => rawSockets(child.pid!, OSPF),
    joined: () =>
      (at.router.ip('-4', 'maddress', 'show', 'dev', 'wan0').match(/224\.0\.0\.[56]/g) ?? []).sort(),
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
    t.match(say('replace OSPF ospf@2.1.0'), { status: 1 }, 'what runs knows no such key');
    t.not(say('show ip ospf all-d-routers').status, 0, 'and no such view');

    const bundle = file('ospf-2.9.0.cjs');
    await bundled(bundle);
    t.match(push(bundle), { status: 0, stdout: /^ospf@2\.9\.0 is on the router/m });
    t.match(say('check replace OSPF ospf@2.9.0'), { status: 0 });
    t.same(joined(), [ALL_SPF], 'a check joins nothing');
    t.match(say('replace OSPF ospf@2.9.0'), { status: 0, text: /OSPF \d\.\d\.0 -> 2\.9\.0/ });

    t.same(joined(), [ALL_SPF, ALL_D]);
    t.same(sockets(), before, 'the socket of the version before');
    t.match(say('show ip ospf all-d-routers').text, /INTERFACE +GROUP +HEARD\nwan0 +224\.0\.0\.6 +0/);
    await send(ALL_SPF);
    await send(ALL_D);
    await eventuallyAsync('the packet to the group arrives', PATIENCE, async () =>
      /wan0 +224\.0\.0\.6 +1/.test(say('show ip ospf all-d-routers').text),
    );
    t.match(say('show ip ospf neighbor'), { status: 0 }, 'what was there before, in its words');

    t.match(say('rollback'), { status: 0, text: /OSPF 2\.9\.0 -> \d\.\d\.0/ });
    t.same(joined(), [ALL_SPF]);
    t.same(sockets(), before);
    t.not(say('show ip ospf all-d-routers').status, 0, 'the view went with its version');
  },
);
