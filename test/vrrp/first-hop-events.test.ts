/**
 * Two first-hop routers in front of OSPF, and a client that has nothing but the virtual gateway: what random events cost it.
 * HITLESS_VRRP_EVENTS=100: so many, and the same with FRR and keepalived in our place. HITLESS_SEED repeats them.
 */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { keepalivedUnavailable } from '../router/keepalived.ts';
import { goFirst } from '../router/router-lab.ts';
import { campaign, type Loss, lostMs } from './events.ts';
import { lossTable } from './loss-table.ts';
import { Pair } from './pair.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const IS_LONG = process.env.HITLESS_VRRP_EVENTS !== undefined;
const EVENTS = Number(process.env.HITLESS_VRRP_EVENTS ?? 8);
/** Of the first eight all but one befall the Active. */
const SEED = Number(process.env.HITLESS_SEED ?? 2849);
const timeout = 120_000 + EVENTS * 60_000;

const ours: Loss[] = [];

function textOf({ event, whom, gaps, most }: Loss): string {
  const [ipv4 = 0, ipv6 = 0] = gaps.map(lostMs);
  return `${event} of the ${whom}: IPv4 lost ${ipv4} ms, IPv6 ${ipv6} ms of at most ${Math.round(most)}`;
}

goFirst();

t.test(
  'whatever befalls one of two routers, a client loses what RFC 9568 explains, and no more',
  { skip, timeout },
  async (t) => {
    t.comment(`HITLESS_SEED=${SEED}`);
    const pair = await Pair.start(t);
    await campaign(pair, SEED, EVENTS, async (loss) => {
      ours.push(loss);
      const isExplained = loss.gaps.every((gaps) => lostMs(gaps) <= loss.most);
      t.ok(isExplained, textOf(loss), isExplained ? {} : { gaps: loss.gaps });
      if (!isExplained) t.comment(await pair.told());
    });
    if (!IS_LONG) for (const line of lossTable(ours)) t.comment(line);
  },
);

if (IS_LONG)
  t.test(
    'the same events with FRR and keepalived in our place, for the record',
    { skip: skip || keepalivedUnavailable, timeout },
    async (t) => {
      const pair = await Pair.startUsual(t);
      const others: Loss[] = [];
      await campaign(pair, SEED, EVENTS, async (loss) => {
        others.push(loss);
        t.comment(textOf(loss));
      });
      t.equal(others.length, ours.length);
      for (const line of lossTable(ours, others)) t.comment(line);
    },
  );
