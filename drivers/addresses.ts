/** IPv4 addresses that the configuration gives to interfaces of this host, by netlink. */
import { DriverError } from './errors.ts';
import { octets } from './ipv4.ts';
import type { LinkAddress } from './links.ts';
import { ADDRESSES } from './netlink/address.ts';
import { EPERM } from './netlink/constants.ts';
import { LINKS } from './netlink/link.ts';
import { isRefusal, Netlink, type Refusal, replace, set } from './netlink/netlink.ts';

/**
 * Sets an interface up and gives it addresses, if it has not got them; others that it has stay.
 * @throws DriverError ADDRESS_REFUSED, NETLINK_MISSING, NETLINK_OPEN, NETLINK_REFUSED, NETLINK_LOST, NETLINK_TIMEOUT
 */
export async function giveAddresses(name: string, addresses: readonly LinkAddress[]): Promise<void> {
  const netlink = new Netlink();
  try {
    const [link] = await netlink.read(LINKS, [{ name }]);
    if (link === undefined || isRefusal(link)) throw refused(name, link);
    const { index } = link;
    const wanted = addresses.map(({ address, prefixLength }) => {
      const broadcast = broadcastOf(address, prefixLength);
      return { index, address, prefixLength, ...(broadcast !== undefined && { broadcast }) };
    });
    const changes = [...wanted.map((one) => replace(ADDRESSES, one)), set(LINKS, { index, up: true })];
    const [first] = await netlink.change(changes);
    if (first !== undefined) throw refused(name, first);
  } catch (thrown) {
    if (!(thrown instanceof DriverError) || thrown.code === 'ADDRESS_REFUSED') throw thrown;
    throw new DriverError(thrown.code, `${name}: ${thrown.message}`, { cause: thrown });
  } finally {
    netlink.close();
  }
}

/** All ones behind the prefix; a network of two addresses or one has none (RFC 3021). */
function broadcastOf(address: string, prefixLength: number): string | undefined {
  if (prefixLength > 30) return undefined;
  return [...octets(address)]
    .map((octet, i) => octet | (0xff >> Math.min(8, Math.max(0, prefixLength - 8 * i))))
    .join('.');
}

function refused(name: string, refusal: Refusal | undefined): DriverError {
  const permitted = refusal?.errno === EPERM ? '. Run as root, or with CAP_NET_ADMIN' : '';
  return new DriverError('ADDRESS_REFUSED', `${name}: ${refusal?.message ?? 'no answer'}${permitted}`);
}
