/**
 * A hostile netlink, whole: a router process and the kernel's own tables. Events come faster than they are read, the kernel
 * refuses some of a batch, and another program takes all routes away. Lists that are torn: drivers/kernel-tables.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { manifest } from '../../firmware/modules/ip/module.ts';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from './console-session.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 60_000;
const RELEASE = fileURLToPath(new URL('../../firmware/release.mjs', import.meta.url));
const ROUTES = 300;

const network = (i: number) => `10.${100 + (i >> 8)}.${i & 255}.0/24`;

/** A router with so many static routes, by gateways that the test says. */
async function place(t: Test, gateway: (i: number) => string) {
  const at = stage(t);
  const { router, directory, socket } = at;
  const bundles = join(directory, 'bundles');
  execFileSync(process.execPath, [RELEASE, 'ip', '--releases', bundles]);
  const routes = Array.from({ length: ROUTES }, (_, i) => `    ${network(i)}: { ${gateway(i)}: {} }`);
  const run = await running(
    t,
    at,
    `router: { id: 10.9.0.1, bundles: [${bundles}], modules: { IP: 'ip@${manifest.version}' } }
ip:
  interfaces: { wan0: { router-discovery: false } }
  routes:
${routes.join('\n')}
`,
  );
  const session = await ConsoleSession.open(t, socket);
  const batch = (lines: readonly string[]) =>
    void router.exec(['ip', '-batch', '-'], { input: lines.join('\n') });
  /** Networks in the kernel of this protocol number. */
  const has = (protocol: number) =>
    router
      .ip('route', 'show', 'proto', String(protocol))
      .split('\n')
      .flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);
  const until = (what: string, holds: () => boolean | Promise<boolean>) =>
    eventuallyAsync(what, PATIENCE, async () => (await holds()) || undefined);
  const counters = async () => {
    const { data } = await execAt(socket, 'show ports');
    const ports = data as { kind: string; counters: Record<string, number> }[];
    return ports.find(({ kind }) => kind === 'kernel')!.counters;
  };
  return { ...at, ...run, session, batch, has, until, counters };
}

const all = Array.from({ length: ROUTES }, (_, i) => network(i)).sort();
const OURS = 72;
const THEIRS = 200;
/** More than the router's socket has room for. */
const FLOOD = 40_000;

t.test(
  'after a flood of events that the kernel had no room for, the kernel has our routes, and theirs are as they were',
  { skip, timeout: 180_000 },
  async (t) => {
    const { child, batch, has, until, counters, router, session } = await place(t, () => '10.9.0.7');
    await until('all are there', () => has(OURS).length === ROUTES);
    t.match(await counters(), { overruns: 0 });
    child.kill('SIGSTOP');
    const theirs = Array.from({ length: FLOOD }, (_, i) => `30.${i >> 8}.${i & 255}.0/24`);
    batch(theirs.map((route) => `route add ${route} via 10.9.0.9 proto ${THEIRS}`));
    batch(theirs.slice(FLOOD / 2).map((route) => `route delete ${route} via 10.9.0.9 proto ${THEIRS}`));
    // In the middle of it, what the router must not miss.
    batch(all.slice(0, 100).map((route) => `route delete ${route} metric ${OURS}`));
    router.ip('link', 'add', 'late0', 'type', 'bridge');
    router.ip('link', 'set', 'wan0', 'mtu', '1400');
    child.kill('SIGCONT');
    await until('the kernel has dropped some', async () => ((await counters()).overruns ?? 0) > 0);
    await until('ours are there again', () => has(OURS).length === ROUTES);
    t.same(has(OURS).sort(), all);
    t.equal(has(THEIRS).length, FLOOD / 2);
    await until('links are as they are', async () => {
      const rows = await session.data<{ interface: string; mtu: number }[]>('show ip interface');
      const mtus = new Map(rows.map((row) => [row.interface, row.mtu]));
      return mtus.has('late0') && mtus.get('wan0') === 1400;
    });
    const sums = await session.data<{ source: string; routes: number }[]>('show ip route summary');
    t.match(
      sums.find(({ source }) => source === 'static'),
      { routes: ROUTES, installed: ROUTES },
    );
  },
);

t.test(
  'of a batch the kernel refuses some in its middle: these are told and shown, and all others are there',
  { skip, timeout: 120_000 },
  async (t) => {
    // The kernel takes no broadcast address for a gateway.
    const isBad = (i: number) => i % 7 === 3;
    const { has, until, output, session } = await place(t, (i) => (isBad(i) ? '10.9.0.255' : '10.9.0.7'));
    const good = Array.from({ length: ROUTES }, (_, i) => i).filter((i) => !isBad(i));
    await until('the good ones are there', () => has(OURS).length >= good.length);
    t.same(has(OURS).sort(), good.map(network).sort());
    const refused = () => output().match(/the kernel refuses .*10\.9\.0\.255.*/g) ?? [];
    await until('it is told', () => refused().length > 0);
    t.ok(refused().length < 5, 'a few lines for one cause');
    t.match(refused()[0], /the kernel refuses 10\.\d+\.\d+\.0\/24 via 10\.9\.0\.255 on wan0: .*gateway/);
    t.match(
      await session.all(`show ip route ${network(3)}`),
      /^S>r 10\.100\.3\.0\/24 .*\n.*rejected by the kernel: /m,
    );
    t.match(await session.all(`show ip route ${network(4)}`), /^S>\* 10\.100\.4\.0\/24 /m);
  },
);

t.test(
  'another program takes all our routes away, again and again: they are put back and told, then slowly',
  { skip, timeout: 180_000 },
  async (t) => {
    const { has, until, output, batch, router, counters } = await place(t, () => '10.9.0.7');
    router.ip('route', 'add', '10.77.0.0/16', 'via', '10.9.0.9', 'proto', String(THEIRS));
    await until('all are there', () => has(OURS).length === ROUTES);
    for (let time = 1; time <= 5; time++) {
      batch([`route flush proto ${OURS}`]);
      await until(`all are put back, ${time} times`, () => has(OURS).length === ROUTES);
    }
    t.match(output(), /was removed from the kernel by another program: it is put back/);
    await until('none is put back any more, for now', async () => {
      const { changes } = await counters();
      batch([`route flush proto ${OURS}`]);
      await pause(500);
      return (await counters()).changes === changes;
    });
    t.match(output(), /put back every 30 s from now on/);
    t.same(has(THEIRS), ['10.77.0.0/16']);
    const lines = output()
      .split('\n')
      .filter((line) => line.includes('by another program'));
    t.ok(lines.length < ROUTES / 2, `${lines.length} lines of ${6 * ROUTES} losses`);
  },
);
