/** The RIB as its rules say it, naively: all prefixes are looked at again and again until nothing changes. */

import type { Config, StaticHop } from '../../firmware/modules/ip/state.ts';
import { canonicalPrefix, covers, parseAddress, parsePrefix } from '../../firmware/modules/prefix.ts';
import { OURS, type RouteKernel } from './route-kernel.ts';

interface ModelHop {
  gateway?: string;
  interface: number;
  weight: number;
}

interface Selected {
  type: string;
  hops: ModelHop[];
}

interface Choice extends Selected {
  rank: number;
  isOurs: boolean;
}

/** Our routes that the kernel should have, as `RouteKernel.ours` has them. */
export function expectedRoutes(kernel: RouteKernel, { routes }: Config): string[] {
  const fixed = fixedChoices(kernel);
  let selected = new Map<string, Choice[]>();
  for (let round = 0; round < 20; round++) {
    const next = new Map<string, Choice[]>();
    for (const prefix of new Set([...fixed.keys(), ...Object.keys(routes)])) {
      const choices = [
        ...(fixed.get(prefix) ?? []),
        ...staticChoices(kernel, prefix, routes[prefix], selected),
      ];
      if (choices.length > 0)
        next.set(
          prefix,
          choices.sort((one, other) => one.rank - other.rank),
        );
    }
    if (JSON.stringify([...next]) === JSON.stringify([...selected])) break;
    selected = next;
  }
  return [...selected].flatMap(([prefix, choices]) => textOf(kernel, prefix, choices)).sort();
}

function textOf(kernel: RouteKernel, prefix: string, choices: Choice[]): string[] {
  const ours = choices.find(({ isOurs }) => isOurs);
  // Connected prefixes are the kernel's own, and so is the place that another program took.
  if (
    ours === undefined ||
    choices[0]!.rank === -1000 ||
    kernel.routes.get(`254 ${prefix} 72`)?.protocol === 4
  )
    return [];
  if (ours.type !== 'unicast') return [`254 ${prefix} ${ours.type}`];
  const hops = ours.hops.filter((hop) => kernel.reaches({ ...hop, flags: 0 }));
  if (hops.length === 0) return [];
  const each = hops.map(({ gateway = '', interface: index, weight }) => {
    return `${gateway}%${index}*${hops.length === 1 ? 1 : weight}`;
  });
  return [`254 ${prefix} via ${each.sort().join(' ')}`];
}

function fixedChoices(kernel: RouteKernel): Map<string, Choice[]> {
  const fixed = new Map<string, Choice[]>();
  const add = (prefix: string, choice: Choice) => fixed.set(prefix, [...(fixed.get(prefix) ?? []), choice]);
  for (const { index, address, prefixLength } of kernel.addresses.values()) {
    if (!isUsable(kernel, index)) continue;
    const hops = [{ interface: index, weight: 1 }];
    add(canonicalPrefix(`${address}/${prefixLength}`)!, {
      rank: -1000,
      type: 'unicast',
      hops,
      isOurs: false,
    });
  }
  for (const { protocol, destination, prefixLength, metric, type, hops } of kernel.routes.values()) {
    if (protocol === OURS) continue;
    const rank = metric <= 72 ? metric - 100 : 1000 + metric;
    add(`${destination}/${prefixLength}`, { rank, type, hops, isOurs: false });
  }
  return fixed;
}

function staticChoices(
  kernel: RouteKernel,
  prefix: string,
  hops: Record<string, StaticHop> = {},
  selected: Map<string, Choice[]>,
): Choice[] {
  const distances = new Map<number, [string, StaticHop][]>();
  for (const [name, hop] of Object.entries(hops))
    distances.set(hop.distance, [...(distances.get(hop.distance) ?? []), [name, hop]]);
  return [...distances].flatMap(([rank, some]): Choice[] => {
    const [first] = some;
    if (first![0] === 'blackhole') return [{ rank, type: 'blackhole', hops: [], isOurs: true }];
    const found = new Map<string, ModelHop>();
    const ways = some.map(([name, { weight, interface: on }]) => {
      const way = wayTo(kernel, prefix, name, on, selected);
      return { way, weight, sum: way.reduce((sum, hop) => sum + hop.weight, 0) };
    });
    // The least number that each of these can be divided by what it leads over.
    let unit = 1;
    while (ways.some(({ way, sum }) => way.length > 0 && unit % sum !== 0)) unit++;
    for (const { way, weight, sum } of ways)
      for (const hop of way) {
        const id = `${hop.gateway} ${hop.interface}`;
        found.set(id, { ...hop, weight: (found.get(id)?.weight ?? 0) + (hop.weight * weight * unit) / sum });
      }
    const most = Math.max(...[...found.values()].map(({ weight }) => weight));
    const hops = [...found.values()];
    if (most > 256) for (const hop of hops) hop.weight = Math.max(1, Math.round((hop.weight * 256) / most));
    // One alone has no weight.
    if (hops.length === 1) hops[0]!.weight = 1;
    return hops.length === 0 ? [] : [{ rank, type: 'unicast', hops, isOurs: true }];
  });
}

function wayTo(
  kernel: RouteKernel,
  prefix: string,
  name: string,
  on: string | undefined,
  selected: Map<string, Choice[]>,
): ModelHop[] {
  const address = parseAddress(name);
  const link = [...kernel.links.values()].find((each) => each.name === (on ?? name));
  if (address === undefined)
    return link && isUsable(kernel, link.index) ? [{ interface: link.index, weight: 1 }] : [];
  if ([...kernel.addresses.values()].some((own) => own.address === name)) return [];
  if (on !== undefined) {
    const isNear = [...kernel.addresses.values()].some(
      (own) =>
        own.index === link?.index && covers(parsePrefix(`${own.address}/${own.prefixLength}`)!, address),
    );
    return link && isNear && isUsable(kernel, link.index)
      ? [{ gateway: name, interface: link.index, weight: 1 }]
      : [];
  }
  const over = [...selected.keys()]
    .map((text) => ({ text, ...parsePrefix(text)! }))
    .filter((each) => each.length > 0 && covers(each, address))
    .sort((one, other) => other.length - one.length)[0];
  if (over === undefined) return [];
  const own = parsePrefix(prefix)!;
  if (covers(own, address) && over.length <= own.length) return [];
  const best = selected.get(over.text)![0]!;
  return best.type === 'unicast' ? best.hops.map((hop) => ({ ...hop, gateway: hop.gateway ?? name })) : [];
}

function isUsable(kernel: RouteKernel, index: number): boolean {
  const link = kernel.links.get(index);
  return link?.up === true && link.carrier;
}
