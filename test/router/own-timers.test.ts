/** Design rule 16: protocols have timers of their own, and a router at work has nothing to say. */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
/** As somebody writes it who runs a router. */
const PLAIN = CONFIG.replace(/^timer: .*\n/m, '');

/** Packets that have come to the other end. */
function heard({ peer }: Stage): number {
  const [link] = JSON.parse(peer.ip('-s', '-j', 'link', 'show', 'eth0')) as {
    stats64: { rx: { packets: number } };
  }[];
  return link!.stats64.rx.packets;
}

async function modulesOf({ socket }: Stage): Promise<Record<string, string>> {
  const modules = (await execAt(socket, 'show modules')).data as { name: string; version: string }[];
  return Object.fromEntries(modules.map(({ name, version }) => [name, version]));
}

const said = (output: () => string, pattern: RegExp) =>
  eventuallyAsync(`it says ${pattern}: ${output()}`, 20_000, async () => pattern.test(output()) || undefined);

/** The log's lines while the router sends so many packets. */
async function linesAtWork(place: Stage, output: () => string): Promise<string[]> {
  const isActive = async () =>
    ((await execAt(place.socket, 'show vrrp')).data as { state: string }[])[0]?.state === 'Active' ||
    undefined;
  await eventuallyAsync('it is Active', 30_000, isActive);
  const before = heard(place);
  const said = output().length;
  await eventuallyAsync('packets come', 60_000, async () => heard(place) > before + 60 || undefined);
  return output()
    .slice(said)
    .split('\n')
    .filter((line) => line !== '');
}

for (const level of ['info', 'debug'])
  t.test(
    `a router runs without TIMER, and logs no line for what it sends: level ${level}`,
    { skip },
    async (t) => {
      const place = stage(t);
      const { output } = await running(t, place, `${PLAIN}log: { level: ${level} }\n`);
      t.same(await linesAtWork(place, output), []);
      t.notMatch(output(), /got msg/, 'no relay number');
      const modules = (await execAt(place.socket, 'show modules')).data as { name: string; errors: number }[];
      t.same(modules.map(({ name, errors }) => [name, errors]).sort(), [
        ['IP', 0],
        ['OSPF', 0],
        ['VRRP', 0],
      ]);
    },
  );

t.test('negative control: a release that logs what it is sent is seen by that', { skip }, async (t) => {
  const place = stage(t);
  const old = CONFIG.replace('id: 10.9.0.1', '$&, modules: { IP: ip@2.0.0, OSPF: ospf@2.0.0 }');
  const { output } = await running(t, place, old);
  t.match(await linesAtWork(place, output), [/got msg : \d+ from IP V2/]);
});

t.test('with TIMER it logs as little', { skip }, async (t) => {
  const place = stage(t);
  const { output } = await running(t, place, CONFIG);
  t.match(await modulesOf(place), { TIMER: /./ });
  t.same(await linesAtWork(place, output), []);
});

t.test(
  'a version that needs the broadcast is refused until TIMER is there, and TIMER stays as long as it is needed',
  { skip },
  async (t) => {
    const place = stage(t);
    const { output } = await running(t, place, PLAIN);
    const newest = (await modulesOf(place)).OSPF;
    const exec = (command: string) => execAt(place.socket, command);
    const refusal = {
      ok: false,
      code: 'PUBLISHER_MISSING',
      message:
        'OSPF 2.1.0 needs the event "broadcast", which nobody publishes; "add TIMER timer@2.0.0" first, or in the same transaction',
    };
    t.match(await exec('replace OSPF ospf@2.1.0'), refusal);
    t.match(await exec('check replace OSPF ospf@2.1.0'), refusal);
    t.match(await exec('upgrade remove VRRP, replace OSPF ospf@2.1.0'), { code: 'PUBLISHER_MISSING' });
    t.match(await exec('upgrade add TIMER timer@2.0.0, replace OSPF ospf@2.1.0'), { ok: true });
    await said(output, /transaction 2 committed/);
    t.match(await modulesOf(place), { OSPF: '2.1.0', TIMER: '2.0.0' });
    const before = heard(place);
    await eventuallyAsync('packets come', 30_000, async () => heard(place) > before + 20 || undefined);
    t.match(await exec('remove TIMER'), {
      code: 'MODULE_NEEDED',
      message: /TIMER cannot be removed: .*OSPF 2\.1\.0 \("broadcast"\);/,
    });
    t.match(await exec(`replace OSPF ospf@${newest}`), { ok: true });
    t.match(await exec('remove TIMER'), { ok: true }, 'the others can do without');
  },
);

async function ended(child: {
  kill(signal: NodeJS.Signals): boolean;
  once(e: 'close', f: () => void): unknown;
}) {
  const end = new Promise<void>((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await end;
}

t.test(
  'TIMER is started where a version of before needs it, and as it was before',
  { skip },
  async (t: Test) => {
    const place = stage(t);
    const first = await running(t, place, PLAIN);
    const exec = async (command: string) =>
      t.match(await execAt(place.socket, command), { ok: true }, command);
    await exec('upgrade add TIMER timer@1.1.0, replace OSPF ospf@2.1.0');
    await exec('confirm');
    await ended(first.child);
    const second = await running(t, place, PLAIN);
    t.match(await modulesOf(place), { OSPF: '2.1.0', TIMER: '1.1.0' });
    await exec('remove TIMER force');
    await ended(second.child);
    const third = await running(t, place, PLAIN);
    t.match(await modulesOf(place), { OSPF: '2.1.0', TIMER: '2.0.0' });
    await said(
      third.output,
      /TIMER was removed by command; it is started all the same as timer@2\.0\.0: OSPF ospf@2\.1\.0 needs its event "broadcast"/,
    );
  },
);

t.test(
  'a file that is read again brings TIMER with a version that needs it, and takes it with its section',
  { skip },
  async (t) => {
    const place = stage(t);
    const { child, output } = await running(t, place, PLAIN);
    place.file(PLAIN.replace('id: 10.9.0.1', '$&, modules: { OSPF: ospf@2.1.0 }'));
    child.kill('SIGHUP');
    await said(output, /the configuration was read again: .*add TIMER/);
    t.match(await modulesOf(place), { OSPF: '2.1.0', TIMER: '2.0.0' });
    await ended(child);

    const other = stage(t);
    const again = await running(t, other, CONFIG);
    t.match(await modulesOf(other), { TIMER: '2.0.0' });
    other.file(PLAIN);
    again.child.kill('SIGHUP');
    await said(again.output, /the configuration was read again: remove TIMER/);
    t.notOk('TIMER' in (await modulesOf(other)));
  },
);
