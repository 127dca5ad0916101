/** Relations of the sections of IP and OSPF, and of all intervals with the timer's period. Times are ms. */
import type { BrokenRelation, JsonSchema } from '../../runtime/index.ts';
import { schemaAt } from '../config/completion.ts';
import { formatDuration } from '../config/duration.ts';
import { at, keys } from '../config/paths.ts';
import type { KeyPath } from '../config/problem.ts';
import { readDuration } from '../config/vocabulary.ts';
import { viewOf } from '../config/words.ts';

/**
 * Versions before 2.2.0 send on TIMER's ticks only, so an interval in between could not be kept.
 * @param schemas of the sections, for examples that are allowed
 */
export function* intervalsFitPeriod(
  whole: unknown,
  intervals: readonly KeyPath[],
  schemas: Readonly<Record<string, JsonSchema>>,
): Generator<BrokenRelation> {
  const period = at(whole, ['timer', 'period']);
  if (typeof period !== 'number') return;
  for (const path of intervals) {
    const interval = at(whole, path);
    if (typeof interval !== 'number' || interval % period === 0) continue;
    const { duration } = viewOf(schemaAt({ properties: schemas }, path));
    const below = Math.floor(interval / period) * period;
    const examples = [below, below + period]
      .filter((ms) => duration !== undefined && 'ms' in readDuration(`${ms}ms`, duration))
      .map(formatDuration);
    const such = examples.length > 0 ? `, such as ${examples.join(' or ')}` : '';
    yield { path, text: `a whole multiple of timer.period, which is ${formatDuration(period)}${such}` };
  }
}

/** The paths of a key of all entries of a mapping or list. */
export function each(whole: unknown, above: KeyPath, key: string): KeyPath[] {
  return keys(whole, above).map((path) => [...path, key]);
}

/** RFC 1256 4.1: a host must not forget the router between two advertisements. */
export function* lifetimeCoversIntervals(whole: unknown): Generator<BrokenRelation> {
  const lifetime = at(whole, ['ip', 'lifetime']);
  if (typeof lifetime !== 'number') return;
  const [path, interval] = each(whole, ['ip', 'interfaces'], 'interval')
    .map((path) => [path, at(whole, path)] as const)
    .filter((one): one is [KeyPath, number] => typeof one[1] === 'number')
    .reduce((longest, other) => (other[1] > longest[1] ? other : longest), [[] as KeyPath, 0] as const);
  if (interval <= lifetime) return;
  yield {
    path: ['ip', 'lifetime'],
    text: `at least the interval of ${path.at(-2)}, which is ${formatDuration(interval)} (RFC 1256 4.1)`,
  };
}

/** RFC 2328 C.3: a neighbour is declared down after several hellos that did not come. */
export function* deadAfterHello(whole: unknown): Generator<BrokenRelation> {
  for (const path of keys(whole, ['ospf', 'interfaces'])) {
    const dead = at(whole, [...path, 'dead-interval']);
    const hello = at(whole, [...path, 'hello-interval']);
    if (typeof dead !== 'number' || typeof hello !== 'number' || dead > hello) continue;
    yield {
      path: [...path, 'dead-interval'],
      text: `more than hello-interval, which is ${formatDuration(hello)}; four times as much is usual (RFC 2328 C.3)`,
    };
  }
}

/** RFC 2328 C.1: nothing of OSPF can be sent without it. */
export function* ospfHasRouterId(whole: unknown): Generator<BrokenRelation> {
  if (at(whole, ['router', 'id']) !== undefined) return;
  yield {
    path: ['router', 'id'],
    text: 'a router id such as 10.0.1.1, because there is an ospf section',
  };
}
