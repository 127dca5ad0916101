/**
 * Accept_Mode beside keepalived: whether a client's packets to the virtual addresses are taken by the router, while they are
 * answered for and packets go through. HITLESS_VRRP_SWAPS=1000: so many swaps.
 */
import type { ChildProcess } from 'node:child_process';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { type Instance, keepalivedUnavailable, startKeepalived } from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';
import { Stream } from './stream.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
const PATIENCE = 60_000;
const SWAPS = 3 * Math.ceil(Number(process.env.HITLESS_VRRP_SWAPS ?? 30) / 3);
const OWN = '10.0.1.1';
const ADDRESS = '10.0.1.251';
const ADDRESS6 = 'fd00:1::251';
const VIRTUAL = [ADDRESS, ADDRESS6, 'fe80::251%eth0'];
const OURS = {
  interface: 'lan0',
  group: 51,
  priority: 250,
  accept: false,
  addresses: [ADDRESS, 'fe80::251', ADDRESS6],
};
const THEIRS: Instance = { interface: 'eth0', group: 51, priority: 100, interval: 1, address: ADDRESS };
const WAN = { wan0: { addresses: ['10.0.2.1/24'], forwarding: true } };
/** Other work on the machine is no matter of the swap. */
const ROUTER = { realtime: 10 };
/** VRRP alone, IP alone, and both together back. */
const SWAP_LINES = [
  'replace VRRP vrrp@3.0.901',
  'replace IP ip@3.3.901',
  'syn_replace IP ip@3.3.900 VRRP vrrp@3.0.900',
];

const PORT = 7_777;
/** Prints what is taken. It answers itself alone: a link-local address has no way back by the device of its own. */
const TAKES = `const socket = require('node:dgram').createSocket('udp6');
socket.on('message', (datagram, { address, port }) => {
  console.log(String(datagram));
  if (String(datagram) === 'itself') socket.send(datagram, port, address);
});
socket.bind(${PORT}, '::', () => console.log('ready'));`;
/** Sends to all addresses each 2 ms, each datagram with its own. */
const TRIES = `const targets = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp6');
socket.on('error', () => {});
socket.bind(0, () => setInterval(() => {
  for (const to of targets) socket.send(to, ${PORT}, to.includes(':') ? to : '::ffff:' + to, () => {});
}, 2));`;

/** A client that tries all the time, and what was taken of it. */
class Client {
  readonly taken = new Map<string, number>();

  static async begin(t: Test, { host, router }: VrrpPlace): Promise<Client> {
    const client = new Client();
    const children: ChildProcess[] = [router.spawn([process.execPath, '-e', TAKES])];
    t.teardown(() => {
      for (const child of children) child.kill('SIGKILL');
    });
    await new Promise((resolve) => children[0]!.stdout!.once('data', resolve));
    children.push(host.spawn([process.execPath, '-e', TRIES, OWN, ...VIRTUAL]));
    let rest = '';
    children[0]!.stdout!.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop()!;
      for (const line of lines) client.taken.set(line, (client.taken.get(line) ?? 0) + 1);
    });
    await client.passes();
    return client;
  }

  /** Of the virtual addresses. */
  get virtual(): number[] {
    return VIRTUAL.map((address) => this.taken.get(address) ?? 0);
  }

  /** Waits until many that are sent from now on were taken at the router's own address: so all others have had their turn. */
  async passes(): Promise<void> {
    const before = this.taken.get(OWN) ?? 0;
    await eventuallyAsync('the router takes packets to its own address', PATIENCE, async () => {
      return (this.taken.get(OWN) ?? 0) > before + 100 || undefined;
    });
  }

  /** Waits until all of the virtual addresses are taken that are sent from now on, or none is. */
  async comesTo(areTaken: boolean): Promise<void> {
    await eventuallyAsync(areTaken ? 'all are taken' : 'none is taken', PATIENCE, async () => {
      const before = this.virtual;
      await this.passes();
      return this.virtual.every((count, at) => count > before[at]! === areTaken) || undefined;
    });
  }
}

interface Detail {
  family: number;
  state: string;
  acceptMode: boolean;
  takenBecause: string;
  history: unknown[];
}

/** A router that is Active with its groups, a client that tries it and streams through it, and keepalived as Backup. */
async function begin(t: Test) {
  const place = await VrrpPlace.make(t);
  const server = place.behind();
  const keepalived = await startKeepalived(t, place, [THEIRS]);
  await place.start([OURS], WAN, ROUTER);
  await place.comesTo('Active');
  await eventuallyAsync('keepalived is Backup', PATIENCE, async () => {
    return keepalived.roles(51).at(-1) === 'BACKUP' || undefined;
  });
  place.host.ip('route', 'add', '10.0.2.0/24', 'via', ADDRESS);
  const stream = await Stream.begin(t, place.host, server, '10.0.2.9');
  const mark = await stream.mark();
  const client = await Client.begin(t, place);
  const console = await ConsoleSession.open(t, place.socket);
  const detail = () => console.data<Detail[]>('show vrrp detail');
  const roles = async () => ({
    theirs: keepalived.roles(51),
    changes: (await detail()).map(({ history }) => history.length),
  });
  const tables = () => place.router.exec(['nft', 'list', 'tables']).trim();
  return { place, stream, mark, client, console, detail, roles, tables };
}

type World = Awaited<ReturnType<typeof begin>>;

t.test('with accept: false the router takes no packets to the virtual addresses', { skip }, async (t) => {
  const world = await begin(t);
  const { place, client, stream, mark, detail, roles, tables } = world;
  const before = await roles();
  await t.test('none from the beginning, and `nft` shows why', (t) => isShown(t, world));
  await t.test('ARP and neighbour discovery are answered, by multicast and to the address itself', (t) =>
    areAnswered(t, world),
  );
  await t.test('the router itself reaches its own virtual address', async () => reachesItself(world));
  await t.test('`commit` changes it live, without a change of role', async (t) => {
    await isCommitted(t, world);
    t.same(await roles(), before);
  });

  await t.test(`${SWAPS} swaps of VRRP, of IP and of both open none for a moment`, async (t) => {
    const taken = client.virtual;
    for (let i = 0; i < SWAPS; i++) await place.run(SWAP_LINES[i % 3]!, 'confirm');
    await client.passes();
    t.same(client.virtual, taken, 'none was taken');
    t.match(await detail(), [{ takenBecause: '' }, { takenBecause: '' }]);
  });

  await t.test('nothing was lost of what goes through, and no role has changed', async (t) => {
    t.same(await stream.gaps(mark), []);
    t.same(await roles(), before);
  });

  await t.test(
    'an IP that does not know of it takes them, which is told; the next one does not',
    async (t) => {
      await place.run('replace IP ip@3.4.0', 'confirm');
      await client.comesTo(true);
      t.match(await detail(), [{ takenBecause: /3\.5\.0 does/ }, { takenBecause: /3\.5\.0 does/ }]);
      t.match(place.output, /packets to the addresses are taken, though accept is false/);
      await place.run('replace IP ip@3.3.900', 'confirm');
      await client.comesTo(false);
      await eventuallyAsync('that is told', PATIENCE, async () => {
        return (await detail()).every(({ takenBecause }) => takenBecause === '') || undefined;
      });
      t.same(await roles(), before);
    },
  );

  await t.test('a kill leaves nothing of it', async (t) => {
    await place.kill('SIGKILL');
    t.equal(tables(), '');
  });
});

async function isShown(t: Test, { place, client, detail }: World): Promise<void> {
  t.same(client.virtual, [0, 0, 0]);
  t.match(await detail(), [
    { family: 4, acceptMode: false, takenBecause: '' },
    { family: 6, acceptMode: false, takenBecause: '' },
  ]);
  const rules = place.router.exec(['nft', 'list', 'table', 'inet', 'hitless']);
  t.match(rules, /flags owner/);
  t.match(rules, /ip daddr @closed4 counter packets [1-9]/);
  t.match(rules, /ip6 daddr @closed6 counter packets [1-9]/);
  t.match(rules, /iif \. ip6 daddr @closed6_on counter packets [1-9]/);
}

async function areAnswered(t: Test, { place }: World): Promise<void> {
  place.host.ip('neighbor', 'flush', 'dev', 'eth0');
  const macOf = (address: string) =>
    eventuallyAsync(`the client knows ${address}`, PATIENCE, async () => {
      const rows = place.host.ip('-j', 'neighbor', 'show', address, 'dev', 'eth0');
      return (JSON.parse(rows) as { lladdr?: string }[])[0]?.lladdr;
    });
  t.equal(await macOf(ADDRESS), '00:00:5e:00:01:33');
  for (const address of [ADDRESS6, 'fe80::251']) {
    t.equal(await macOf(address), '00:00:5e:00:02:33');
    // From now on it asks the address itself alone (RFC 4861 7.3.3).
    place.host.exec(['sysctl', '-q', '-w', 'net.ipv6.neigh.eth0.mcast_solicit=0']);
    const row = ['dev', 'eth0', 'lladdr', '00:00:5e:00:02:33'];
    place.host.ip('neighbor', 'replace', address, ...row, 'nud', 'probe');
    await eventuallyAsync(`${address} is reachable`, PATIENCE, async () => {
      const state = place.host.ip('neighbor', 'show', address, 'dev', 'eth0');
      return /REACHABLE/.test(state) || undefined;
    });
    place.host.exec(['sysctl', '-q', '-w', 'net.ipv6.neigh.eth0.mcast_solicit=3']);
  }
  t.same(place.defaultRouters(), ['fe80::251'], 'hosts hear of it as their router');
}

function reachesItself({ place }: World): void {
  place.router.exec([
    process.execPath,
    '-e',
    `const socket = require('node:dgram').createSocket('udp4');
     socket.on('message', () => process.exit(0));
     setInterval(() => socket.send('itself', ${PORT}, '${ADDRESS}'), 10);
     setTimeout(() => process.exit(1), ${PATIENCE}).unref();`,
  ]);
}

async function isCommitted(t: Test, { console, client, detail, tables }: World): Promise<void> {
  for (const [value, areTaken] of [
    ['true', true],
    ['false', false],
  ] as const) {
    await console.all(`set vrrp lan0 51 accept ${value}`, 'commit');
    await client.comesTo(areTaken);
    t.match(await detail(), [{ acceptMode: areTaken }, { acceptMode: areTaken }]);
    t.equal(tables(), areTaken ? '' : 'table inet hitless');
  }
}
