/** VRRP from the outside: a whole router, keepalived beside it, and what is on the wire between them. */
import t from 'tap';
import { heartbeat } from '../lab/packets.ts';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { running, stage } from './host.ts';
import { backupsIn, keepalivedUnavailable, type Seen, startKeepalived, witness } from './keepalived.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;

const PATIENCE = 30_000;
const ROUTER = '10.9.0.1';
const CONFIG = `router: { id: 10.9.0.1 }
timer: { period: 100ms }
vrrp:
  - { interface: wan0, group: 7, priority: 200, interval: 1s, addresses: [10.9.0.254] }
`;

t.test(
  'a router that leaves says so, and keepalived takes over without waiting for it',
  { skip },
  async (t) => {
    const place = stage(t);
    const told = async (command: string) => {
      const answer = await execAt(place.socket, command);
      t.ok(answer.ok, `${command}: ${JSON.stringify(answer)}`);
      return answer.data;
    };
    const { child } = await running(t, place, CONFIG);
    const peer = await startKeepalived(t, place, backupsIn(7));
    const wire = await witness(place);
    const resigned = () => wire.seen.filter(({ from, priority }) => from === ROUTER && priority === 0).length;
    const isActive = async () =>
      ((await told('show vrrp')) as { state: string }[])[0]?.state === 'Active' || undefined;
    const settled = async () => {
      await eventuallyAsync('the router is Active', PATIENCE, isActive);
      await eventuallyAsync(
        'keepalived is backup',
        PATIENCE,
        async () => peer.roles(7).at(-1) === 'BACKUP' || undefined,
      );
    };
    await settled();

    const newest = newestRelease('vrrp');
    for (const version of ['2.0.0', '2.1.0', '2.2.0', newest, '2.1.0', newest, '2.2.0', newest])
      await told(`replace VRRP vrrp@${version}`);
    const before = wire.seen.length;
    await eventuallyAsync('it advertises', PATIENCE, async () => wire.seen.length > before + 1 || undefined);
    t.equal(resigned(), 0, 'a swap resigns nothing');
    t.equal(peer.roles(7).at(-1), 'BACKUP');

    let times = 0;
    const leaves = async (how: string, leave: () => Promise<unknown>) => {
      const masters = peer.roles(7).filter((role) => role === 'MASTER').length;
      await leave();
      times++;
      await eventuallyAsync(`keepalived takes over after ${how}`, PATIENCE, async () => {
        return peer.roles(7).filter((role) => role === 'MASTER').length > masters || undefined;
      });
      t.equal(resigned(), times, `one priority 0 for ${how}`);
      const last = wire.seen.findLast(({ from }) => from === ROUTER);
      t.equal(last?.priority, 0, 'it is the last word');
      t.equal(
        peer.log().match(/received priority 0|0 priority|priority 0/gi)?.length ?? 0,
        times,
        'keepalived acted on it, and did not miss us',
      );
    };
    await leaves('disable', () => told('disable VRRP'));
    await told('enable VRRP');
    await settled();
    await leaves('remove', () => told('remove VRRP'));
    await told(`add VRRP vrrp@${newest}`);
    await settled();
    await leaves('SIGTERM', async () => child.kill('SIGTERM'));
  },
);

t.test('what the kernel refuses is told in the log, in show and in health', { skip }, async (t) => {
  const place = stage(t);
  // To a sender a policy that blocks is the same as a firewall's rule on output: EPERM.
  const policy = ['src', '0.0.0.0/0', 'dst', '224.0.0.18/32', 'proto', '112', 'dir', 'out'];
  place.router.ip('xfrm', 'policy', 'add', ...policy, 'action', 'block');
  const { output } = await running(t, place, CONFIG);
  await eventuallyAsync('it says that nothing leaves', PATIENCE, async () => {
    return /advertisements do not leave.*Operation not permitted/.test(output()) || undefined;
  });
  const [row] = (await execAt(place.socket, 'show vrrp')).data as object[];
  t.match(row, { state: 'Active', problem: /^not sent: Operation not permitted \(\d+ in a row\)$/ });
  const ports = (await execAt(place.socket, 'show ports')).data as { module: string }[];
  t.match(
    ports.find(({ module }) => module === 'VRRP'),
    { sent: 0, failure: { reason: 'Operation not permitted' } },
  );
  place.router.ip('xfrm', 'policy', 'delete', ...policy);
  await eventuallyAsync('it says that they leave again', PATIENCE, async () => {
    return /advertisements leave again, after \d+ that did not/.test(output()) || undefined;
  });
});

t.test("a peer of RFC 9568's checksum alone is heard, and answered in its form", { skip }, async (t) => {
  const place = stage(t);
  await running(t, place, CONFIG);
  const wire = await witness(place);
  /** The sum over the message alone is right. */
  const alone = ({ bytes }: Seen) => {
    const words = Buffer.from(bytes, 'hex');
    let sum = 0;
    for (let at = 0; at < words.length; at += 2) sum += words.readUInt16BE(at);
    return (sum & 0xffff) + (sum >>> 16) === 0xffff;
  };
  await eventuallyAsync('it is Active', PATIENCE, async () => wire.seen.length > 0 || undefined);
  t.notOk(alone(wire.seen[0]!), 'it begins with the pseudo-header');
  // VRID 7, priority 100, 1 s, 10.9.0.254.
  const payload = Buffer.from('310764010064', 'hex').toString('hex');
  const sum = 0xffff - ((0x3107 + 0x6401 + 0x0064 + 0x0a09 + 0x00fe) & 0xffff);
  await wire.remote.order({
    op: 'send',
    port: 'vrrp',
    to: '224.0.0.18',
    payload: `${payload}${sum.toString(16).padStart(4, '0')}0a0900fe`,
  });
  await eventuallyAsync('it follows', PATIENCE, async () => alone(wire.seen.at(-1)!) || undefined);
  t.match((await execAt(place.socket, 'show vrrp')).data, [
    { checksum: ['rfc9568'], addresses: ['10.9.0.254'] },
  ]);
});

t.test(
  'a flood of advertisements that differ from each other writes a handful of lines',
  { skip },
  async (t) => {
    const place = stage(t);
    const { output } = await running(t, place, CONFIG);
    const { remote } = await witness(place);
    const before = output().length;
    for (let i = 0; i < 100; i++) {
      const payload = heartbeat('10.9.0.2', 7, 100, 1 + i, `10.9.1.${i}`).toString('hex');
      await remote.order({ op: 'send', port: 'vrrp', to: '224.0.0.18', payload, times: 200 });
    }
    await eventuallyAsync('they were handled', PATIENCE, async () => {
      const ports = (await execAt(place.socket, 'show ports')).data as {
        module: string;
        port: string;
        counters: { received: number };
      }[];
      const [heard] = ports.filter(({ module, port }) => module === 'VRRP' && port === 'vrrp');
      return (heard?.counters.received ?? 0) > 1000 || undefined;
    });
    const written = output().slice(before);
    t.match(written, /10\.9\.0\.2 advertises/);
    t.ok(written.length < 20_000, `${written.length} bytes in ${written.split('\n').length} lines`);
  },
);
