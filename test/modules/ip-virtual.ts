/** IP beside a kernel, as a module that tells of virtual routers sees it. */
import type { Test } from 'tap';
import type { KernelChange } from '../../drivers/kernel-tables.ts';
import * as ip from '../../firmware/modules/ip/module.ts';
import type { Config } from '../../firmware/modules/ip/state.ts';
import type {
  VirtualRouterChange,
  VirtualRouterHeld,
  VirtualRoutersWanted,
} from '../../firmware/modules/messages/virtual-routers.ts';
import { type Rib, startRib } from './ip-rib.ts';
import type { RouteKernel } from './route-kernel.ts';

/** IP, and all that was asked of its kernel, request by request. */
export interface VirtualPlace {
  rib: Rib;
  kernel: RouteKernel;
  requests: (readonly KernelChange[])[];
}

export async function start(
  t: Test,
  more: Partial<Config> = {},
  prepare: (kernel: RouteKernel) => void = () => {},
): Promise<VirtualPlace> {
  const requests: (readonly KernelChange[])[] = [];
  const rib = await startRib(
    t,
    {},
    (kernel) => {
      const take = kernel.take.bind(kernel);
      kernel.take = (out) => {
        if (out.do === 'change') requests.push(out.changes);
        take(out);
      };
      prepare(kernel);
    },
    more,
  );
  return { rib, kernel: rib.kernel, requests };
}

export function send({ rib }: VirtualPlace, body: unknown, from = 'VRRP'): void {
  const whole = typeof body === 'object' ? { source: 'vrrp', session: 's', changes: [], ...body } : body;
  // Whatever a module sends is to be taken or refused.
  rib.kit.deliver('virtualRouters', whole as never, { from });
  rib.rest();
}

/** The virtual router of a group at lan0, with its MAC. */
export function router(group: number, more: Partial<VirtualRouterChange> = {}): VirtualRouterChange {
  const end = group.toString(16).padStart(2, '0');
  return {
    id: `lan0/${group}`,
    interface: 'lan0',
    family: 4,
    group,
    mac: `00:00:5e:00:01:${end}`,
    addresses: [`10.0.1.${group}`],
    ...more,
  };
}

export const router6 = (group: number, more: Partial<VirtualRouterChange> = {}) =>
  router(group, {
    id: `lan0/${group}/6`,
    family: 6,
    mac: `00:00:5e:00:02:${group.toString(16).padStart(2, '0')}`,
    addresses: [`fe80::${group}`, `fd00:1::${group}`],
    ...more,
  });

/** All that was published since the last call, by event. */
export function published({ rib }: VirtualPlace, event: string): unknown[] {
  rib.look();
  return rib.published.splice(0).flatMap((output) => (output.event === event ? [output.body] : []));
}

/** All that IP said that it has. */
export const asked = (place: VirtualPlace) =>
  (published(place, 'virtualRoutersWanted') as VirtualRoutersWanted[]).map(({ has }) => ({ has }));
export const held = (place: VirtualPlace) => published(place, 'virtualRouterHeld') as VirtualRouterHeld[];

/** Devices in the kernel, with their addresses. */
export function devices({ kernel }: VirtualPlace): string[] {
  return [...kernel.links.values()]
    .filter(({ kind }) => kind === 'macvlan')
    .map(({ name }) => {
      const own = kernel.has.filter((text) => text.startsWith(`${name} `));
      return [name, ...own.map((text) => text.slice(name.length + 1))].join(' ');
    })
    .sort();
}

/** The changes of a request, as words. */
export function words(changes: readonly KernelChange[]): string[] {
  return changes.map((change) => {
    if (change.kind === 'sysctl')
      return `${change.path.replace(/^net\//, '')}=${change.value}${change.joined ? ', and' : ''}`;
    if (change.kind === 'address') return `${change.verb} ${change.wanted.address}`;
    if (change.kind === 'closed')
      return `${change.verb === 'replace' ? 'close' : 'open'} ${change.wanted.address}`;
    if (change.kind !== 'link') return change.kind;
    const { index: _, name = '', mac = '', up, outlives } = change.wanted;
    const more = [
      ...(up === undefined ? [] : [up ? 'up' : 'down']),
      outlives === undefined ? '' : `outlives ${outlives}`,
    ];
    return [change.verb, name, mac, ...more].filter((word) => word !== '').join(' ');
  });
}

/** Words of all requests since the last call, a list for each. */
export const takeWords = (place: VirtualPlace) => place.requests.splice(0).map(words);

/** A later version of the same sources. */
export class Next extends ip.default {
  static readonly manifest = { ...ip.manifest, version: '3.5.1' };
}
