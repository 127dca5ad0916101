/** keepalived beside the router, in one process for all virtual routers; and what its log and FRR's say of the router. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { KEEPALIVED_NEEDS, missing } from '../../../firmware/host/needs.ts';
import type { NetworkNamespace } from '../../netns.ts';
import { eventuallyAsync } from '../router-lab.ts';

const PATIENCE = 60_000;
const lacking = missing(KEEPALIVED_NEEDS);

/** Why there is no keepalived here, for a test's `skip`; false when there is. */
export const keepalivedUnavailable: string | false =
  lacking.length > 0 && `SKIPPED: not installed: ${JSON.stringify(lacking)}; run: hitless needs --tests`;

export interface Instance {
  interface: string;
  group: number;
  priority: number;
  address: string;
}

/** The words of keepalived: the roles that each instance took, oldest first. */
export interface Keepalived {
  roles(group: number): string[];
}

/** Starts it. Ends with the test. Its virtual addresses are on the loopback interface: no interface has an address more. */
export async function startKeepalived(
  t: Test,
  peer: NetworkNamespace,
  directory: string,
  instances: readonly Instance[],
): Promise<Keepalived> {
  const file = (name: string) => join(directory, `keepalived.${name}`);
  const texts = instances.map(
    ({ interface: name, group, priority, address }) => `vrrp_instance g${group} {
  state BACKUP
  interface ${name}
  virtual_router_id ${group}
  priority ${priority}
  advert_int 0.6
  virtual_ipaddress {
    ${address}/32 dev lo
  }
}
`,
  );
  writeFileSync(file('conf'), `global_defs {\n  vrrp_version 3\n}\n${texts.join('')}`);
  const child: ChildProcess = peer.spawn(
    [
      ['keepalived', '--vrrp', '--use-file', file('conf'), '--dont-fork', '--log-console', '--no-syslog'],
      ['--log-detail', '--pid', file('pid'), '--vrrp_pid', file('vrrp.pid')],
    ].flat(),
  );
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (text += String(chunk)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    // The guard around it would leave keepalived alone.
    if (existsSync(file('pid'))) process.kill(Number(readFileSync(file('pid'), 'utf8')));
    await ended;
  });
  const roles = (group: number) =>
    [...text.matchAll(new RegExp(`\\(g${group}\\) Entering (\\w+) STATE`, 'g'))].map(([, role]) => role!);
  await eventuallyAsync('keepalived is a backup', PATIENCE, async () => {
    return instances.every(({ group }) => roles(group).length > 0) || undefined;
  });
  return { roles };
}

/** FRR's log on its neighbour at an interface. */
export interface NeighborAtFrr {
  /** How often it changed the neighbour's state. */
  changes: number;
  /** The last state; `Deleted` when there is none. */
  state: string;
}

export function viewOfFrr(log: string, name: string): NeighborAtFrr {
  const found = [...log.matchAll(new RegExp(`AdjChg: Nbr .* on ${name}:.*: \\S+ -> (\\S+)`, 'g'))];
  return { changes: found.length, state: found.at(-1)?.[1] ?? 'Deleted' };
}

/** Whether FRR has read the packet of this area, which it does not take, with all that came before it there. */
export function hasRead(log: string, area: string): boolean {
  return log.includes(`invalid Area ID ${area}\n`);
}
