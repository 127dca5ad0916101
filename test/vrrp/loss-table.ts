/** The cost of events for a client, by kind: with ours, and with others in our place. */
import { type Loss, lostMs } from './events.ts';

const HEAD = ['event', 'count', 'IPv4 ms', 'IPv6 ms'];

/** A row for each kind: count, median and largest loss of each family. @param others the same events of FRR and keepalived */
export function lossTable(ours: readonly Loss[], others: readonly Loss[] = []): string[] {
  const [first, second] = [byKind(ours), byKind(others)];
  const more = others.length > 0;
  const rows = [...first]
    .sort()
    .map(([kind, losses]) => [
      kind,
      String(losses.length),
      ...costsOf(losses),
      ...(more ? costsOf(second.get(kind) ?? []) : []),
    ]);
  const head = more ? [...HEAD, 'IPv4 FRR+keepalived', 'IPv6 FRR+keepalived'] : HEAD;
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function byKind(losses: readonly Loss[]): Map<string, Loss[]> {
  const kinds = new Map<string, Loss[]>();
  for (const loss of losses) {
    const key = `${loss.event} of the ${loss.whom}`;
    kinds.set(key, [...(kinds.get(key) ?? []), loss]);
  }
  return kinds;
}

/** Of IPv4, and of IPv6: `median / largest`. */
function costsOf(losses: readonly Loss[]): string[] {
  return [0, 1].map((family) => {
    const sorted = losses.map(({ gaps }) => lostMs(gaps[family] ?? [])).sort((one, other) => one - other);
    return `${sorted[sorted.length >> 1] ?? '-'} / ${sorted.at(-1) ?? '-'}`;
  });
}
