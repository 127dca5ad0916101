/** Other routers' advertisements that contradict ours: hosts would go from one value to the other and back (RFC 4861 6.2.7). */
import type { Context } from 'hitless/runtime';
import { count } from '../../counter.ts';
import { leftOutText, lineDue, noteWell } from '../../limited-log.ts';
import type { Interface, State } from '../state.ts';
import type { RouterAdvertisement6 } from './offer.ts';

/** Other routers of a link whose contradictions are kept; more would be made-up ones. */
const MOST_ROUTERS = 16;

/** Takes note of a valid advertisement of another router, and says once in what it contradicts ours. */
export function heardAdvertisement(
  state: State,
  iface: Interface,
  from: string,
  theirs: RouterAdvertisement6,
  ctx: Context,
): void {
  const own = iface.advertising;
  if (own === undefined) return;
  count(own.counters, 'heard');
  const text = own.offer === undefined ? '' : contradictions(own.offer, theirs).join(', ');
  if (text !== '') count(own.counters, 'disagrees');
  if ((own.disputes[from] ?? '') === text) return;
  const others = Object.entries(own.disputes).filter(([router]) => router !== from);
  const kept = text === '' ? others : [...others, [from, text] as const];
  own.disputes = Object.fromEntries(kept.slice(-MOST_ROUTERS));
  state.lines ??= new Map();
  const [kind, other] =
    text === '' ? (['agrees6', 'disagrees6'] as const) : (['disagrees6', 'agrees6'] as const);
  const router = `${iface.name} ${from}`;
  const now = ctx.now();
  noteWell(state.lines, other, router, now);
  const due = lineDue(state.lines, kind, router, now);
  if (due === undefined) return;
  if (text === '')
    ctx.log('info', `${iface.name}: the advertisements of ${from} agree with ours now${leftOutText(due)}`);
  else
    ctx.log(
      'warn',
      `${iface.name}: the router ${from} advertises ${text}: hosts go from one to the other with each advertisement. Configure both alike${leftOutText(due)}`,
    );
}

/** In words; 0 of one of them is no contradiction where it means "no word of it". */
function contradictions(ours: RouterAdvertisement6, theirs: RouterAdvertisement6): string[] {
  const said: string[] = [];
  const compare = (what: string, mine: unknown, other: unknown, unset: unknown = undefined) => {
    if (mine === other || mine === unset || other === unset) return;
    said.push(`${what} ${other} (ours: ${mine})`);
  };
  compare('hop limit', ours.hopLimit, theirs.hopLimit, 0);
  compare('managed', ours.managed, theirs.managed);
  compare('other', ours.other, theirs.other);
  compare('reachable time', ours.reachableTime, theirs.reachableTime, 0);
  compare('retransmit timer', ours.retransmitTimer, theirs.retransmitTimer, 0);
  compare('MTU', ours.mtu, theirs.mtu);
  for (const { prefix, valid, preferred } of ours.prefixes) {
    const other = theirs.prefixes.find((one) => one.prefix === prefix);
    if (other === undefined) continue;
    compare(`${prefix} valid for`, valid, other.valid);
    compare(`${prefix} preferred for`, preferred, other.preferred);
  }
  return said;
}
