/** Design rule 16: protocols have timers of their own, and a router at work has nothing to say. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

/** Packets that have come to the other end. */
function heard({ peer }: Stage): number {
  const [link] = JSON.parse(peer.ip('-s', '-j', 'link', 'show', 'eth0')) as {
    stats64: { rx: { packets: number } };
  }[];
  return link!.stats64.rx.packets;
}

t.test(
  'without TIMER all packets go on, and no line is logged for them, not even of the level debug',
  { skip: NetworkNamespace.unavailable },
  async (t) => {
    const place = stage(t);
    const { output } = await running(t, place, `${CONFIG}log: { level: debug }\n`);
    const isActive = async () =>
      ((await execAt(place.socket, 'show vrrp')).data as { state: string }[])[0]?.state === 'Active' ||
      undefined;
    await eventuallyAsync('it is Active', 30_000, isActive);
    t.match(await execAt(place.socket, 'remove TIMER force'), { ok: true });
    await eventuallyAsync(
      'that is told',
      10_000,
      async () => /transaction 2 committed/.test(output()) || undefined,
    );
    const said = output().length;
    const before = heard(place);
    await eventuallyAsync('packets come', 30_000, async () => heard(place) > before + 60 || undefined);
    const lines = output()
      .slice(said)
      .split('\n')
      .filter((line) => line !== '' && !/transaction|probation/.test(line));
    t.same(lines, [], 'nothing is said meanwhile');
    t.notMatch(output(), /got msg/, 'no relay number');
    const modules = (await execAt(place.socket, 'show modules')).data as { name: string; errors: number }[];
    t.same(modules.map(({ name, errors }) => [name, errors]).sort(), [
      ['IP', 0],
      ['OSPF', 0],
      ['VRRP', 0],
    ]);
  },
);
