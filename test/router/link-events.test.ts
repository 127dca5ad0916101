/**
 * A change of an interface becomes an event for other modules: by a router process and `ip`, with a stand-in for OSPF and VRRP
 * that writes down what it is told by IP (`links`) and by the host (`link`).
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { manifest } from '../../firmware/modules/ip/module.ts';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 30_000;
const RELEASE = fileURLToPath(new URL('../../firmware/release.mjs', import.meta.url));

const LISTENER = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'LISTENER', version: '1.0.0', accepts: {}, subscribes: { links: [1], link: [1] }, timers: [],
  ports: {}, state: { version: 1 } };
exports.default = class extends Module {
  initial() { return {}; }
  onLinks({ body }) { this.ctx.log('info', 'told links ' + JSON.stringify(body)); }
  onLink({ body }) { this.ctx.log('info', 'told link ' + JSON.stringify(body)); }
};
`;

interface Link {
  name: string;
  index: number;
  up: boolean;
  mtu: number;
  addresses: { address: string; prefixLength: number }[];
}
/** As many as the log has room for at once. */
const CHANGES = 100;
const EVENTS = ['links', 'link'] as const;
type Event = (typeof EVENTS)[number];

async function place(t: Test) {
  const at = stage(t);
  const { router, peer, directory } = at;
  // Both ends have one index: so the kernel takes them for no pair, and tells of carriers once a second, as it does of a card.
  const far = ['peer', 'name', 'eth1', 'index', '77', 'netns', peer.name];
  router.ip('link', 'add', 'wan1', 'index', '77', 'type', 'veth', ...far);
  router.ip('link', 'set', 'wan1', 'addrgenmode', 'none');
  router.ip('link', 'set', 'wan1', 'up');
  peer.ip('link', 'set', 'eth1', 'up');
  const bundles = join(directory, 'bundles');
  execFileSync(process.execPath, [RELEASE, 'ip', '--releases', bundles]);
  writeFileSync(join(bundles, 'listener-1.0.0.cjs'), LISTENER);
  const versions = `bundles: [${bundles}], modules: { IP: 'ip@${manifest.version}' }`;
  const { output } = await running(
    t,
    at,
    `router: { id: 10.9.0.1, ${versions} }\nip: { interfaces: { wan0: { router-discovery: false } } }\n`,
  );
  t.match(await execAt(at.socket, 'add LISTENER listener@1.0.0'), { ok: true });
  const all = (event: Event): Link[] =>
    [...output().matchAll(new RegExp(`told ${event} (\\{.*\\})`, 'g'))].map(([, text]) =>
      JSON.parse(text as string),
    );
  /** Looked at already, by event. */
  const seen: Record<Event, number> = { links: 0, link: 0 };
  /** Returns what came of links with these names since the last call, once the last is so. */
  const told = async (event: Event, names: readonly string[], is: (last: Link) => boolean) => {
    const since = () =>
      all(event)
        .slice(seen[event])
        .filter(({ name }) => names.includes(name));
    await eventuallyAsync(`${event} of ${names}`, PATIENCE, async () => {
      const last = since().at(-1);
      return last !== undefined && is(last);
    });
    const came = since();
    seen[event] = all(event).length;
    return came;
  };
  for (const event of EVENTS) await told(event, ['wan1'], ({ up }) => up);
  return { ...at, all, told };
}

t.test('each kind of change of an interface is told to other modules, once', { skip }, async (t) => {
  const { router, peer, told } = await place(t);
  const step = async (what: string, change: () => void, names: string[], expected: Partial<Link>[]) => {
    change();
    const last = expected.at(-1)!;
    const is = (link: Link) =>
      Object.entries(last).every(([key, value]) => isSame(link[key as never], value));
    for (const event of EVENTS) {
      const came = await told(event, names, is);
      t.match(came, expected, `${what}: ${event}`);
      t.equal(came.length, expected.length, `${what}: ${event}, and nothing else`);
    }
  };
  const ip =
    (...args: string[]) =>
    () =>
      void router.ip(...args);
  await step(
    'it comes',
    ip('link', 'add', 'new0', 'mtu', '1400', 'type', 'bridge'),
    ['new0'],
    [{ name: 'new0', up: false, mtu: 1400 }],
  );
  await step(
    'it is renamed',
    ip('link', 'set', 'new0', 'name', 'new1'),
    ['new0', 'new1'],
    [
      { name: 'new0', index: 0, up: false },
      { name: 'new1', mtu: 1400 },
    ],
  );
  await step('it goes', ip('link', 'delete', 'new1'), ['new1'], [{ name: 'new1', index: 0, up: false }]);
  await step(
    'its MTU changes',
    ip('link', 'set', 'wan1', 'mtu', '1300'),
    ['wan1'],
    [{ up: true, mtu: 1300 }],
  );
  const address = { address: '10.9.7.1', prefixLength: 24 };
  await step(
    'an address comes',
    ip('address', 'add', '10.9.7.1/24', 'dev', 'wan1'),
    ['wan1'],
    [{ addresses: [address] }],
  );
  await step(
    'an address goes',
    ip('address', 'delete', '10.9.7.1/24', 'dev', 'wan1'),
    ['wan1'],
    [{ addresses: [] }],
  );
  for (const state of ['down', 'up', 'down', 'up'])
    await step(
      `its carrier, ${state}`,
      () => void peer.ip('link', 'set', 'eth1', state),
      ['wan1'],
      [{ up: state === 'up', mtu: 1300 }],
    );
});

t.test(
  'a module that comes later is told of what there is, and of no name that is gone',
  { skip },
  async (t) => {
    const { router, socket, all, told } = await place(t);
    router.ip('link', 'add', 'new0', 'type', 'bridge');
    router.ip('link', 'set', 'new0', 'name', 'new1');
    for (const event of EVENTS) await told(event, ['new1'], ({ index }) => index > 0);
    router.ip('link', 'delete', 'new1');
    for (const event of EVENTS) await told(event, ['new1'], ({ index }) => index === 0);
    const before = Object.fromEntries(EVENTS.map((event) => [event, all(event).length]));
    for (const command of ['remove LISTENER', 'add LISTENER listener@1.0.0'])
      t.match(await execAt(socket, command), { ok: true });
    for (const event of EVENTS) {
      await told(event, ['wan1'], ({ up }) => up);
      const names = all(event)
        .slice(before[event])
        .map(({ name }) => name);
      t.same([...new Set(names)].sort(), ['lo', 'wan0', 'wan1'], event);
    }
  },
);

t.test(
  'of many changes at once the last is told of each interface, whatever is left out',
  { skip },
  async (t) => {
    const { router, all } = await place(t);
    const lines: string[] = [];
    for (let i = 0; i < CHANGES; i++) {
      lines.push(`link set wan1 mtu ${1_200 + i}`, `link add x${i} type bridge`);
      lines.push(`address add 10.9.8.${i}/32 dev wan1`, `link set x${i} name y${i}`);
      if (i % 2 === 0) lines.push(`link delete y${i}`);
      if (i < CHANGES - 1) lines.push(`address delete 10.9.8.${i}/32 dev wan1`);
    }
    router.exec(['ip', '-batch', '-'], { input: lines.join('\n') });
    const shown = JSON.parse(router.ip('-j', 'address')) as {
      ifname: string;
      ifindex: number;
      mtu: number;
    }[];
    const expected = shown.map(({ ifname, ifindex, mtu }) => `${ifname} ${ifindex} ${mtu}`).sort();
    t.equal(expected.length, 3 + CHANGES / 2);
    for (const event of EVENTS) {
      /** As a module has it that keeps the last of each name. */
      const kept = () => {
        const last = new Map(all(event).map((link) => [link.name, link]));
        return [...last.values()].filter(({ index }) => index > 0);
      };
      await eventuallyAsync(`${event}: the last of each`, PATIENCE, async () => {
        const has = kept().map(({ name, index, mtu }) => `${name} ${index} ${mtu}`);
        return isSame(has.sort(), expected);
      });
      const wan1 = kept().find(({ name }) => name === 'wan1');
      t.same(wan1?.addresses, [{ address: `10.9.8.${CHANGES - 1}`, prefixLength: 32 }], event);
    }
  },
);

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
