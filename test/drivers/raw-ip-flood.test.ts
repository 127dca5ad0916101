/** Raw IPv4 ports that get more packets at once than they can handle. */
import t, { type Test } from 'tap';
import type { RawIpOptions } from '../../drivers/raw-ip.ts';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { Remote } from './fixtures/remote.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 60_000;
const GROUP = '224.0.0.5';
const hello = Buffer.from('hello, neighbor').toString('hex');

/** An agent that is in the group, and one whose packets come to it. */
async function pair(t: Test, options: Partial<RawIpOptions> = {}) {
  const [left, right] = [NetworkNamespace.create('a'), NetworkNamespace.create('b')];
  t.teardown(() => {
    left.cleanup();
    right.cleanup();
  });
  NetworkNamespace.join([left, 'a0', '10.9.0.1/24'], [right, 'b0', '10.9.0.2/24']);
  const [sender, receiver] = [new Remote({ namespace: left }), new Remote({ namespace: right })];
  const open = (remote: Remote, name: string, others: Partial<RawIpOptions>) =>
    remote.order({
      op: 'open',
      port: 'wire',
      options: { interface: name, protocol: 89, groups: [GROUP], ...others },
    });
  await open(sender, 'a0', {});
  await open(receiver, 'b0', options);
  const send = (times: number) =>
    sender.order({ op: 'send', port: 'wire', to: GROUP, payload: hello, times });
  const counters = async () =>
    (await receiver.order({ op: 'counters', port: 'wire' })) as { received: number; dropped: number };
  return { send, receiver, counters };
}

t.test('of more than there is room for, what is dropped is counted', { skip }, async (t) => {
  const SENT = 5_000;
  const { send, receiver, counters } = await pair(t, { receiveBuffer: 1 << 16 });
  t.same(new Set((await send(SENT)) as string[]), new Set(['sent']));
  const all = await eventuallyAsync('all are received or dropped', PATIENCE, async () => {
    const { received, dropped } = await counters();
    return received + dropped === SENT ? { received, dropped } : undefined;
  });
  t.ok(all.received > 0 && all.dropped > 0, JSON.stringify(all));
  await receiver.order({ op: 'close', port: 'wire' });
  t.match(await counters(), all, 'also when the socket is gone');
});

t.test('what waits is read in few turns of the event loop', { skip }, async (t) => {
  const SENT = 640;
  const { send, receiver } = await pair(t);
  receiver.process.kill('SIGSTOP');
  await send(SENT);
  receiver.process.kill('SIGCONT');
  const packets = () => receiver.told.filter(({ packet }) => packet !== undefined);
  await eventuallyAsync('all are received', PATIENCE, async () => packets().length === SENT || undefined);
  const turns = new Set(packets().map(({ turn }) => turn)).size;
  t.ok(turns <= SENT / 16, `${turns} turns`);
});
