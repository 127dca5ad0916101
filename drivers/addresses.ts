/** IPv4 addresses that the configuration gives to interfaces of this host, through iproute2. */
import { execFileSync } from 'node:child_process';
import { DriverError, firstLine } from './errors.ts';
import type { LinkAddress } from './links.ts';

/**
 * Sets an interface up and gives it addresses, if it has not got them; others that it has stay. Blocks for some
 * milliseconds an address.
 * @throws DriverError ADDRESS_REFUSED
 */
export function giveAddresses(name: string, addresses: readonly LinkAddress[]): void {
  for (const { address, prefixLength } of addresses)
    ip(['address', 'replace', `${address}/${prefixLength}`, 'brd', '+', 'dev', name]);
  ip(['link', 'set', name, 'up']);
}

function ip(args: string[]): void {
  try {
    execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (thrown) {
    const said = thrown instanceof Error && 'stderr' in thrown ? firstLine(String(thrown.stderr)) : '';
    const permitted = /not permitted/i.test(said) ? '. Run as root, or with CAP_NET_ADMIN' : '';
    throw new DriverError(
      'ADDRESS_REFUSED',
      `\`ip ${args.join(' ')}\` failed: ${said || firstLine(thrown)}${permitted}`,
      { cause: thrown },
    );
  }
}
