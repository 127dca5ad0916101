/** Links that must not outlive a process, or not for long: what becomes of a macvlan that it has made, by the way it ends. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { agentFile, folder, until } from './fixtures/remote.ts';

const skip = NetworkNamespace.unavailable;
/** The kernel reports a group that it joins, and once more within a second (RFC 3810 9.11). */
const REPORTED_MS = 1_500;
const BUSYBOX = '/usr/bin/busybox';
const noBusybox = existsSync(BUSYBOX) ? false : 'busybox is not installed: apt-get install busybox-static';

/** A process with the port, and its answers in their order. */
class Guarded {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param path where it looks for `sh` first */
  constructor(namespace: NetworkNamespace, path = '') {
    const env = { ...process.env, PATH: `${path}:${process.env.PATH}` };
    this.child = namespace.spawn([process.execPath, agentFile('guarded')], { env });
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  async told(): Promise<string> {
    return String((await this.#lines.next()).value);
  }

  tell(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  /** Carries out orders that must succeed. */
  async does(t: Test, ...lines: string[]): Promise<void> {
    for (const line of lines) {
      this.tell(line);
      t.equal(await this.told(), 'made', line);
    }
  }

  async ends(how: 'well' | 'badly' | 'SIGKILL'): Promise<void> {
    const ended = once(this.child, 'exit');
    if (how === 'SIGKILL') this.child.kill('SIGKILL');
    else this.tell(how);
    await ended;
  }
}

async function begin(t: Test, path = ''): Promise<{ namespace: NetworkNamespace; process: Guarded }> {
  const namespace = NetworkNamespace.create('guard');
  t.teardown(() => namespace.cleanup());
  NetworkNamespace.join([namespace, 'a0'], [namespace, 'b0']);
  const process = new Guarded(namespace, path);
  t.equal(await process.told(), 'open');
  return { namespace, process };
}

const linksOf = (namespace: NetworkNamespace) => namespace.ip('-br', 'link').match(/^\w+/gm)!.sort();
const macvlans = (namespace: NetworkNamespace) => linksOf(namespace).filter((name) => name.startsWith('m'));

for (const [how, stays] of [
  ['well', true],
  ['badly', false],
  ['SIGKILL', false],
] as const)
  t.test(
    `a process that ends ${how === 'SIGKILL' ? 'by kill -9' : how} ${stays ? 'leaves its macvlan as it is' : 'has its macvlan removed'}`,
    { skip },
    async (t) => {
      const { namespace, process } = await begin(t);
      namespace.ip('link', 'set', 'b0', 'group', '8');
      const pids = namespace.pids();
      t.equal(pids.length, 2, 'its child is there before the first macvlan: nothing waits for its start');
      await process.does(t, 'make m0');
      t.same(namespace.pids(), pids);
      t.same(linksOf(namespace), ['a0', 'b0', 'lo', 'm0']);
      await process.ends(how);
      t.ok(await until(() => namespace.pids().length === 0), 'the child ends, too');
      t.same(linksOf(namespace), stays ? ['a0', 'b0', 'lo', 'm0'] : ['a0', 'b0', 'lo']);
    },
  );

t.test('killed, each macvlan stays for as long as it was told, then all are gone', { skip }, async (t) => {
  const { namespace, process } = await begin(t);
  await process.does(t, ...['m0', 'm1', 'm2', 'm3', 'm4'].map((name) => `make ${name}`));
  // Of each the last counts; m4 has no time of its own.
  await process.does(t, 'keep m0 5000', 'keep m1 1', 'keep m2 9000', 'keep m3 0');
  await process.does(t, 'keep m1 2000', 'keep m2 3500.2');
  const seen = new Set<string>();
  await process.ends('SIGKILL');
  const isOver = await until(() => {
    seen.add(macvlans(namespace).join(' '));
    return namespace.pids().length === 0;
  });
  t.ok(isOver, 'the child ends, too');
  const order = [...seen].filter((names) => !/m[34]/.test(names));
  t.same(order, ['m0 m1 m2', 'm0 m2', 'm0', ''], [...seen].join(', '));
});

t.test(
  'so it is with the shell of a board, which has an `ip` of its own',
  { skip: skip || noBusybox },
  async (t) => {
    const path = mkdtempSync(join(folder, 'board-'));
    symlinkSync(BUSYBOX, join(path, 'sh'));
    const { namespace, process } = await begin(t, path);
    await process.does(t, 'make m0', 'make m1', 'keep m0 1500');
    await process.ends('SIGKILL');
    t.ok(await until(() => macvlans(namespace).join() === 'm0'), 'what has no time goes at once');
    t.ok(await until(() => namespace.pids().length === 0), 'the child ends, too');
    t.same(macvlans(namespace), []);
  },
);

t.test('a macvlan that another process has taken over meanwhile is left alone', { skip }, async (t) => {
  const { namespace, process } = await begin(t);
  await process.does(t, 'make m0', 'make m1', 'make m2', 'keep m0 1500', 'keep m1 1500', 'keep m2 1500');
  const [guard] = namespace.pids().filter((pid) => Number(pid) !== process.child.pid);
  await process.ends('SIGKILL');
  t.same(macvlans(namespace), ['m0', 'm1', 'm2']);
  const next = new Guarded(namespace);
  t.equal(await next.told(), 'open');
  await next.does(t, 'keep m0 0');
  // One of the same name that the next has made is another link.
  namespace.ip('link', 'delete', 'm1');
  await next.does(t, 'make m1', 'keep m1 0');
  t.ok(await until(() => !namespace.pids().includes(guard!)), 'the child of the first ends');
  t.same(macvlans(namespace), ['m0', 'm1'], 'what nobody has taken over is removed');
  await next.ends('SIGKILL');
  t.ok(await until(() => namespace.pids().length === 0));
  t.same(macvlans(namespace), []);
});

t.test('signals that end a service do not end the child before its time', { skip }, async (t) => {
  const { namespace, process } = await begin(t);
  await process.does(t, 'make m0', 'keep m0 1500');
  const [guard] = namespace.pids().filter((pid) => Number(pid) !== process.child.pid);
  await process.ends('SIGKILL');
  for (const signal of ['TERM', 'INT', 'HUP']) namespace.exec(['kill', `-${signal}`, guard!]);
  t.same(macvlans(namespace), ['m0']);
  t.ok(await until(() => namespace.pids().length === 0));
  t.same(macvlans(namespace), []);
});

t.test(
  'a change with a time waits for it, all behind waits with it, and the end waits for both',
  { skip },
  async (t) => {
    const { namespace, process } = await begin(t);
    const value = () => namespace.exec(['sysctl', '-n', 'net.ipv4.conf.a0.forwarding']).trim();
    t.equal(value(), '0');
    await process.does(t, 'make m0');
    process.tell('set 1500 net/ipv4/conf/a0/forwarding=1');
    process.tell('make m1');
    process.tell('well');
    const ended = once(process.child, 'exit');
    let before = 0;
    t.ok(
      await until(() => {
        const names = macvlans(namespace);
        const now = value();
        if (now === '0') before++;
        if (now === '0' && names.length > 1) t.fail('what is behind does not wait');
        return now === '1';
      }),
    );
    t.ok(before > 0, 'it waits');
    await ended;
    t.same(macvlans(namespace), ['m0', 'm1']);
  },
);

/** Packets that m0 has sent. */
function sentBy(namespace: NetworkNamespace): number {
  const text = namespace.ip('-s', '-j', 'link', 'show', 'm0');
  const [row] = JSON.parse(text) as [{ stats64: { tx: { packets: number } } }];
  return row.stats64.tx.packets;
}

/** m0 is up, and in a group of routers. */
async function routing(t: Test) {
  const { namespace, process } = await begin(t);
  for (const name of ['a0', 'b0']) namespace.ip('link', 'set', name, 'up');
  await process.does(t, 'make m0');
  const conf = (name: string, value: number) => `net/ipv6/conf/m0/${name}=${value}`;
  await process.does(t, `set 0 ${conf('addr_gen_mode', 1)} ${conf('forwarding', 1)}`);
  namespace.ip('link', 'set', 'm0', 'up');
  await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
  return { namespace, process, conf };
}

t.test('to say how long a macvlan stays sends nothing from its MAC', { skip }, async (t) => {
  const { namespace, process } = await routing(t);
  const before = sentBy(namespace);
  t.ok(before > 0, 'it has reported its groups');
  await process.does(t, 'keep m0 1500', 'keep m0 0');
  await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
  t.equal(sentBy(namespace), before);
});

for (const [how, isTold] of [
  ['apart', true],
  ['joined', false],
] as const)
  t.test(
    `a device that leaves the group of routers and is hushed, ${how}, ${isTold ? 'has reported it before, where the event loop is busy' : 'reports nothing'}`,
    { skip },
    async (t) => {
      const { namespace, process, conf } = await routing(t);
      process.tell('busy 15');
      let reports = 0;
      for (let i = 0; i < 5; i++) {
        await process.does(t, `set 0 ${conf('forwarding', 1)}`);
        await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
        const before = sentBy(namespace);
        const leaves = `${conf('forwarding', 0)}${how === 'joined' ? '+' : ''}`;
        await process.does(t, `set 0 ${leaves} ${conf('disable_ipv6', 1)} ${conf('disable_ipv6', 0)}`);
        reports += sentBy(namespace) - before;
      }
      t.equal(reports > 0, isTold, `${reports} reports`);
    },
  );
