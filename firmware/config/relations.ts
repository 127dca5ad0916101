/**
 * Relations that must hold between two values of a configuration. It looks at the file's data as read, not at what the
 * schema made of it, so that these mistakes are told together with the others; a value that is wrong by itself
 * takes no part.
 */
import { formatDuration } from './duration.ts';
import { at, keys } from './paths.ts';
import type { Broken, KeyPath } from './problem.ts';
import { scheduling, times } from './schema.ts';
import { addressesFitNetworks } from './subnets.ts';

export function brokenRelations(data: unknown): Broken[] {
  return [
    ...intervalsFitPeriod(data),
    ...lifetimeCoversIntervals(data),
    ...deadAfterHello(data),
    ...groupsAreUnique(data),
    ...addressesFitNetworks(data),
    ...ospfHasRouterId(data),
    ...realtimeHasTwoCpus(data),
  ];
}

/** Modules send on the timer module's ticks only, so an interval in between could not be kept. */
function* intervalsFitPeriod(data: unknown): Generator<Broken> {
  const period = ms(times.period, at(data, ['timer', 'period']));
  if (period === undefined) return;
  const intervals: [KeyPath, keyof typeof times][] = [
    ...keys(data, ['ip', 'interfaces']).map((path): [KeyPath, 'advertisement'] => [
      [...path, 'interval'],
      'advertisement',
    ]),
    ...keys(data, ['ospf', 'interfaces']).map((path): [KeyPath, 'hello'] => [
      [...path, 'hello-interval'],
      'hello',
    ]),
    ...keys(data, ['vrrp']).map((path): [KeyPath, 'vrrp'] => [[...path, 'interval'], 'vrrp']),
  ];
  for (const [path, kind] of intervals) {
    const given = at(data, path);
    const interval = ms(times[kind], given);
    if (interval === undefined || interval % period === 0) continue;
    const below = Math.floor(interval / period) * period;
    const examples = [below, below + period].filter((n) => n > 0 && ms(times[kind], `${n}ms`) !== undefined);
    yield {
      path,
      found: `${formatDuration(interval)}${given === undefined ? ' (the default)' : ''}`,
      allowed: `a whole multiple of timer.period, which is ${formatDuration(period)}${examples.length > 0 ? `, such as ${examples.map(formatDuration).join(' or ')}` : ''}`,
    };
  }
}

/** RFC 1256 4.1: a host must not forget the router between two advertisements. */
function* lifetimeCoversIntervals(data: unknown): Generator<Broken> {
  const given = at(data, ['ip', 'lifetime']);
  const lifetime = given === undefined ? undefined : ms(times.lifetime, given);
  if (lifetime === undefined) return;
  const [path, interval] = keys(data, ['ip', 'interfaces'])
    .map((path) => [path, ms(times.advertisement, at(data, [...path, 'interval'])) ?? 0] as const)
    .reduce((longest, other) => (other[1] > longest[1] ? other : longest), [[] as KeyPath, 0] as const);
  if (interval <= lifetime) return;
  yield {
    path: ['ip', 'lifetime'],
    allowed: `at least the interval of ${path.at(-1)}, which is ${formatDuration(interval)} (RFC 1256 4.1)`,
  };
}

/** RFC 2328 C.3: a neighbour is declared down after several hellos that did not come. */
function* deadAfterHello(data: unknown): Generator<Broken> {
  for (const path of keys(data, ['ospf', 'interfaces'])) {
    const given = at(data, [...path, 'dead-interval']);
    const dead = given === undefined ? undefined : ms(times.dead, given);
    const hello = ms(times.hello, at(data, [...path, 'hello-interval']));
    if (dead === undefined || hello === undefined || dead > hello) continue;
    yield {
      path: [...path, 'dead-interval'],
      allowed: `more than hello-interval, which is ${formatDuration(hello)}; four times as much is usual (RFC 2328 C.3)`,
    };
  }
}

/**
 * RFC 9568 1.6: interface, group and protocol name one virtual router. An address belongs to one of an interface,
 * once: two Active Routers would answer for it. The networks of two interfaces may be apart, and have one in common.
 */
function* groupsAreUnique(data: unknown): Generator<Broken> {
  const first = new Map<string, number>();
  const holders = new Map<string, number>();
  for (const path of keys(data, ['vrrp'])) {
    const group = at(data, [...path, 'group']);
    const name = at(data, [...path, 'interface']);
    if (typeof group === 'number' && typeof name === 'string') {
      const key = `${group} ${name}`;
      const before = first.get(key);
      if (before === undefined) first.set(key, Number(path.at(-1)));
      else {
        yield {
          path: [...path, 'group'],
          found: `group ${group} on ${name} a second time`,
          allowed: `each group once on an interface (it is in vrrp[${before}] already)`,
        };
      }
    }
    const seen = new Set<unknown>();
    for (const entry of keys(data, [...path, 'addresses'])) {
      const address = at(data, entry);
      if (typeof address === 'string' && seen.has(address)) {
        yield { path: entry, found: `${address} a second time`, allowed: 'each address once in a group' };
      }
      seen.add(address);
      if (typeof address !== 'string' || typeof name !== 'string') continue;
      const index = Number(path.at(-1));
      const holder = holders.get(`${address} ${name}`) ?? index;
      holders.set(`${address} ${name}`, holder);
      // The same group a second time is told of already.
      if (holder === index || at(data, ['vrrp', holder, 'group']) === group) continue;
      yield {
        path: entry,
        found: `${address} on ${name} a second time`,
        allowed: `each address in one group of an interface (it is in vrrp[${holder}] already)`,
      };
    }
  }
}

/** RFC 2328 C.1: nothing of OSPF can be sent without it. */
function* ospfHasRouterId(data: unknown): Generator<Broken> {
  if (at(data, ['ospf']) === undefined || at(data, ['router', 'id']) !== undefined) return;
  yield {
    path: ['router', 'id'],
    allowed: 'a router id such as 10.0.1.1, because there is an ospf section',
  };
}

/** On one CPU the thread that cuts code which never yields would get no turn. */
function* realtimeHasTwoCpus(data: unknown): Generator<Broken> {
  const realtime = scheduling.realtime.safeParse(at(data, ['router', 'realtime']));
  const cpus = scheduling.cpus.safeParse(at(data, ['router', 'cpus']));
  if (realtime.data === undefined || cpus.data?.length !== 1) return;
  yield {
    path: ['router', 'cpus'],
    found: `only CPU ${cpus.data[0]}`,
    allowed: 'two CPUs or more, because router.realtime would starve the guard of transactions on one',
  };
}

/** The time in ms, or the default, or nothing when the value is wrong by itself. */
function ms(kind: (typeof times)[keyof typeof times], value: unknown): number | undefined {
  const read = kind.safeParse(value);
  return read.success ? read.data : undefined;
}
