/** IPv4 addresses that the configuration gives to interfaces of this host, through iproute2. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DriverError, firstLine } from './errors.ts';
import type { LinkAddress } from './links.ts';

const run = promisify(execFile);

/**
 * Sets an interface up and gives it addresses, if it has not got them; others that it has stay.
 * @throws DriverError ADDRESS_REFUSED
 */
export async function giveAddresses(name: string, addresses: readonly LinkAddress[]): Promise<void> {
  for (const { address, prefixLength } of addresses)
    await ip(['address', 'replace', `${address}/${prefixLength}`, 'brd', '+', 'dev', name]);
  await ip(['link', 'set', name, 'up']);
}

async function ip(args: string[]): Promise<void> {
  try {
    await run('ip', args);
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
