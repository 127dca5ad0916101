/** Whoever is on the LAN decides what packets come: not how much is written. */
import t from 'tap';
import { active, receive, type ServedVrrp, sent } from './vrrp-router.ts';

const PACKETS = 20_000;
/** Lines that a second of flood may write, whatever it is made of: a few of each kind. */
const MOST_LINES = 80;
const MOST_BYTES = 20_000;

function written(vrrp: ServedVrrp): { lines: number; bytes: number } {
  const lines = vrrp.ctx.logged.splice(0);
  return { lines: lines.length, bytes: lines.reduce((sum, { text }) => sum + text.length, 0) };
}

const FLOODS: Record<string, (vrrp: ServedVrrp, i: number) => void> = {
  'varying addresses and intervals, from one source': (vrrp, i) =>
    receive(vrrp, { interval: 1 + (i % 4000), addresses: [`10.1.${(i >> 8) & 255}.${i & 255}`] }),
  'varying sources': (vrrp, i) =>
    receive(vrrp, { interval: 7 }, 'pseudo-header', `10.1.${(i >> 8) & 255}.${i & 255}`),
  '255 addresses, from varying sources': (vrrp, i) => {
    // To make one takes longer than to handle it.
    if (i % 20 !== 0) return;
    receive(
      vrrp,
      { addresses: Array.from({ length: 255 }, (_, n) => `10.2.${i & 255}.${n}`) },
      'pseudo-header',
      `10.1.${(i >> 8) & 255}.${i & 255}`,
    );
  },
  'groups that are not there': (vrrp, i) =>
    receive(vrrp, { group: 1 + (i % 50) }, 'pseudo-header', `10.1.0.${i & 255}`),
  'both checksums': (vrrp, i) =>
    receive(vrrp, {}, i % 2 === 0 ? 'rfc9568' : 'pseudo-header', `10.1.0.${i & 255}`),
  'roles taken and given back': (vrrp, i) => {
    receive(vrrp, { priority: i % 2 === 0 ? 254 : 0, interval: 1 });
    if (i % 2 === 1) vrrp.advance(7);
  },
  'bytes that are nothing': (vrrp, i) =>
    vrrp.packet('vrrp', 'r0', {
      from: `10.1.${(i >> 8) & 255}.${i & 255}`,
      to: '224.0.0.18',
      ttl: i & 255,
      payload: new Uint8Array(i % 20).fill(i),
    }),
};

for (const [name, packet] of Object.entries(FLOODS)) {
  t.test(`a flood is a handful of lines: ${name}`, async (t) => {
    const vrrp = active({ priority: 250 });
    written(vrrp);
    for (let i = 0; i < PACKETS; i++) packet(vrrp, i);
    const { lines, bytes } = written(vrrp);
    t.ok(lines > 0, 'it is not passed over in silence');
    t.ok(lines <= MOST_LINES && bytes <= MOST_BYTES, `${lines} lines, ${bytes} bytes`);
    t.ok(vrrp.state.limited.size < 20, 'kinds are bounded');
    for (const { told } of vrrp.state.limited.values()) t.ok(told.size <= 64, 'and so are sources');
  });
}

t.test('what was left out is counted in the next line about the same', async (t) => {
  const vrrp = active();
  for (let i = 0; i < 100; i++) receive(vrrp, { interval: 300 + i });
  vrrp.advance(11_000);
  vrrp.ctx.takeLog('warn');
  receive(vrrp, { interval: 300 });
  t.match(vrrp.ctx.takeLog('warn'), [/an interval of 300 cs.*\(99 more since the last line\)$/]);
});

t.test('a second neighbour that is wrong is named as soon as the first, with its values', async (t) => {
  const vrrp = active();
  for (let i = 0; i < 50; i++) receive(vrrp, { interval: 300 });
  vrrp.ctx.takeLog('warn');
  receive(vrrp, { interval: 700 }, 'pseudo-header', '10.0.0.3');
  t.match(vrrp.ctx.takeLog('warn'), [
    /10\.0\.0\.3 advertises an interval of 700 cs, configured here is 100 cs/,
  ]);
});

t.test('a flood does not keep it from advertising on its ticks', async (t) => {
  const vrrp = active();
  for (let i = 0; i < 100; i++) receive(vrrp, { interval: 1 + i });
  sent(vrrp);
  vrrp.tick(0);
  t.equal(sent(vrrp).length, 1);
});
