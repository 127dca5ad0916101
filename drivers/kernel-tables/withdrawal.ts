/** Removes all own routes, of both families and all tables, however many: the kernel says which there are. */
import type { Family } from '../netlink/ip-text.ts';
import { errnoName } from '../netlink/message.ts';
import { type Netlink, remove } from '../netlink/netlink.ts';
import { ROUTES, type Route } from '../netlink/route.ts';
import { type KernelRefusal, MOST_CHANGES, OWN_METRIC, OWN_PROTOCOL } from './datum.ts';

/** Routes that are removed at once. */
const MOST_AT_ONCE = 1_024;
/** Lists until one has none: while routes go, a list may pass over some. */
const MOST_LISTS = 5;
/** Somebody else was faster. */
const ESRCH = 3;

/**
 * Returns how many it removed, and the first of those that the kernel refused to remove.
 * @throws DriverError NETLINK_REFUSED, NETLINK_TIMEOUT, NETLINK_CLOSED
 */
export async function withdrawOwn(netlink: Netlink): Promise<{ removed: number; refusals: KernelRefusal[] }> {
  const whole = { removed: 0, refusals: [] as KernelRefusal[] };
  for (const family of [4, 6] as const) {
    let last: Awaited<ReturnType<typeof withdrawOnce>>;
    let lists = 0;
    do {
      last = await withdrawOnce(netlink, family);
      whole.removed += last.removed;
    } while (last.removed > 0 && ++lists < MOST_LISTS);
    whole.refusals.push(...last.refusals);
  }
  whole.refusals.splice(MOST_CHANGES);
  return whole;
}

async function withdrawOnce(netlink: Netlink, family: Family) {
  const refusals: KernelRefusal[] = [];
  let removed = 0;
  let found: Route[] = [];
  const removeFound = async () => {
    const routes = found;
    found = [];
    const refused = await netlink.change(routes.map((route) => remove(ROUTES, keyOf(route))));
    removed += routes.length - refused.length;
    for (const { at, errno, message } of refused)
      if (errno !== ESRCH) refusals.push({ at, errno, name: errnoName(errno), message });
  };
  await netlink.each(
    ROUTES,
    { family, protocol: OWN_PROTOCOL },
    (route) => {
      // A route of the same number that a person has made with another metric is not ours.
      if (route.metric === OWN_METRIC && route.tos === 0) found.push(route);
    },
    () => (found.length < MOST_AT_ONCE ? undefined : removeFound()),
  );
  if (found.length > 0) await removeFound();
  return { removed, refusals };
}

function keyOf({ destination, prefixLength, table, metric, tos, protocol }: Route) {
  return { destination, prefixLength, table, metric, tos, protocol };
}
