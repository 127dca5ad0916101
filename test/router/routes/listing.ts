/** The kernel's tables of this namespace in words of tests, for agents: one line for each row, by names of interfaces. */
import { ADDRESSES, type InterfaceAddress } from '../../../drivers/netlink/address.ts';
import { LINKS, type Link } from '../../../drivers/netlink/link.ts';
import type { Netlink } from '../../../drivers/netlink/netlink.ts';
import { ROUTES, type Route } from '../../../drivers/netlink/route.ts';

const LOCAL_TABLE = 255;

/** One route; `to` is such as `10.0.2.2%wan0*1 10.0.3.2%wan1*1`, or `blackhole`. */
export interface RouteLine {
  table: number;
  prefix: string;
  protocol: number;
  metric: number;
  to: string;
}

export interface TableLines {
  links: { name: string; index: number; usable: boolean }[];
  addresses: { interface: string; address: string; prefix: number; flags: number }[];
  /** All but those of the table `local`. */
  routes: RouteLine[];
}

export async function listTables(netlink: Netlink): Promise<TableLines> {
  // Not behind each other alone: who reads while changes go on reads again until two readings are the same.
  const links = await netlink.dump(LINKS, {});
  const addresses = [4, 6].map((family) => netlink.dump(ADDRESSES, { family: family as 4 | 6 }));
  const routes = [4, 6].map((family) => netlink.dump(ROUTES, { family: family as 4 | 6 }));
  const names = new Map(links.map(({ index, name }) => [index, name]));
  return {
    links: links.map(({ name, index, up, carrier }: Link) => ({ name, index, usable: up && carrier })),
    addresses: (await Promise.all(addresses)).flat().map((row: InterfaceAddress) => ({
      interface: names.get(row.index) ?? '',
      ...{ address: row.address, prefix: row.prefixLength, flags: row.flags },
    })),
    routes: (await Promise.all(routes))
      .flat()
      .filter(({ table }) => table !== LOCAL_TABLE)
      .map((row) => lineOf(row, names)),
  };
}

export function lineOf(route: Route, names: ReadonlyMap<number, string>): RouteLine {
  const { table, destination, prefixLength, protocol, metric, type, hops } = route;
  const each = hops.map(
    ({ gateway = '', interface: index, weight }) =>
      `${gateway}%${names.get(index) ?? `link ${index}`}*${weight}`,
  );
  const to = type === 'unicast' ? each.sort().join(' ') : type;
  return { table, prefix: `${destination}/${prefixLength}`, protocol, metric, to };
}
