/** keepalived at the other end of the router's interface wan0, and what is on the wire between them. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
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

const PATIENCE = 30_000;

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

/** An instance of a group `7` has the address 10.9.0.254, of `8` 10.9.0.253 and so on. */
function instance(group: number): string {
  return `vrrp_instance peer${group} {
  state BACKUP
  interface eth0
  virtual_router_id ${group}
  priority 90
  advert_int 1
  virtual_ipaddress {
    ${addressOf(group)}/32
  }
}
`;
}

/** The virtual address of a group. */
export function addressOf(group: number): string {
  return `10.9.0.${261 - group}`;
}

/** keepalived as a backup of priority 90 in each group, once it is that. */
export async function keepalived(t: Test, { peer, directory }: Stage, groups: readonly number[]) {
  const file = (name: string) => join(directory, name);
  writeFileSync(file('k.conf'), `global_defs {\n  vrrp_version 3\n}\n${groups.map(instance).join('')}`);
  const child: ChildProcess = peer.spawn(
    [
      ['keepalived', '--vrrp', '--use-file', file('k.conf'), '--dont-fork', '--log-console', '--no-syslog'],
      ['--log-detail', '--pid', file('k.pid'), '--vrrp_pid', file('kv.pid')],
    ].flat(),
  );
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (text += String(chunk)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    process.kill(Number(readFileSync(file('k.pid'), 'utf8')));
    await ended;
  });
  /** The roles that it has had in a group, such as BACKUP, in order. */
  const roles = (group: number) =>
    [...text.matchAll(new RegExp(`\\(peer${group}\\) Entering (\\w+) STATE`, 'g'))].map(([, role]) => role!);
  for (const group of groups)
    await eventuallyAsync(
      `keepalived is a backup in ${group}`,
      PATIENCE,
      async () => roles(group).includes('BACKUP') || undefined,
    );
  return { log: () => text, roles };
}
