/** keepalived at the other ends of the router's interfaces, and what is on the wire between them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { KEEPALIVED_NEEDS, missing } from '../../firmware/host/needs.ts';
import { Remote } from '../drivers/fixtures/remote.ts';
import type { Stage } from './host.ts';
import { eventuallyAsync } from './router-lab.ts';

const lacking = missing(KEEPALIVED_NEEDS);
/** Why it cannot be had; false where it can. */
export const keepalivedUnavailable =
  lacking.length > 0 && `SKIPPED: not installed: ${JSON.stringify(lacking)}; run: hitless needs --tests`;

const PATIENCE = 60_000;

/** An advertisement. */
export interface Seen {
  from: string;
  group: number;
  priority: number;
  /** The whole VRRP message, in hex. */
  bytes: string;
}

/** Every advertisement that arrives at an interface of the peer, in order. */
export async function witness(
  { peer }: Stage,
  name = 'eth0',
): Promise<{ readonly seen: Seen[]; remote: Remote }> {
  const remote = new Remote({ namespace: peer });
  const options = { interface: name, protocol: 112, groups: ['224.0.0.18'], multicastTtl: 255 };
  await remote.order({ op: 'open', port: 'vrrp', options });
  return {
    remote,
    get seen() {
      return remote.told.flatMap(({ packet }) => {
        if (packet === undefined) return [];
        const { from, payload: bytes } = packet;
        const byte = (at: number) => Number.parseInt(bytes.slice(2 * at, 2 * at + 2), 16);
        return [{ from, group: byte(1), priority: byte(2), bytes }];
      });
    },
  };
}

/** The virtual address of a group: of 7 it is 10.9.0.254, of 8 10.9.0.253 and so on. */
export function addressOf(group: number): string {
  return `10.9.0.${261 - group}`;
}

/** A virtual router of keepalived, which begins as a backup. */
export interface Instance {
  interface: string;
  group: number;
  priority: number;
  /** Seconds between two advertisements. */
  interval: number;
  address: string;
  /** Further addresses. */
  others?: readonly string[];
  /** 3 unless told. */
  version?: 2 | 3;
  /** The interface that has the address while it is master; that of the instance unless told. */
  addressOn?: string;
}

/** At eth0, with the lower priority. */
export const backupsIn = (...groups: number[]): Instance[] =>
  groups.map((group) => ({
    interface: 'eth0',
    group,
    priority: 90,
    interval: 1,
    address: addressOf(group),
  }));

const textOf = ({
  interface: name,
  group,
  priority,
  interval,
  address,
  others = [],
  version = 3,
  addressOn = name,
}: Instance) =>
  `vrrp_instance g${group} {
  version ${version}
  state BACKUP
  interface ${name}
  virtual_router_id ${group}
  priority ${priority}
  advert_int ${interval}
  virtual_ipaddress {
${[address, ...others].map((one) => `    ${one}/${one.includes(':') ? 128 : 32} dev ${addressOn}`).join('\n')}
  }
}
`;

export interface Keepalived {
  /** All that it said. */
  log(): string;
  /** The roles that it has had in a group, such as BACKUP, oldest first. */
  roles(group: number): string[];
}

/** Starts it, in one process for all instances, and waits until it is a backup in each. Ends with the test. */
export async function startKeepalived(
  t: Test,
  { peer, directory }: Pick<Stage, 'peer' | 'directory'>,
  instances: readonly Instance[],
): Promise<Keepalived> {
  const file = (name: string) => join(directory, `keepalived.${name}`);
  // In real time: where it does not get to run, it takes the other side for dead.
  const global = 'global_defs {\n  vrrp_version 3\n  vrrp_rt_priority 20\n}\n';
  writeFileSync(file('conf'), `${global}${instances.map(textOf).join('')}`);
  const child = peer.spawn(
    [
      ['keepalived', '--vrrp', '--use-file', file('conf'), '--dont-fork', '--log-console', '--no-syslog'],
      ['--log-detail', '--pid', file('pid'), '--vrrp_pid', file('vrrp.pid')],
    ].flat(),
  );
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (text += String(chunk)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const roles = (group: number) =>
    [...text.matchAll(new RegExp(`\\(g${group}\\) Entering (\\w+) STATE`, 'g'))].map(([, role]) => role!);
  for (const { group } of instances)
    await eventuallyAsync(`keepalived is a backup in ${group}`, PATIENCE, async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`keepalived ended: ${text}`);
      return roles(group).includes('BACKUP');
    });
  return { log: () => text, roles };
}
