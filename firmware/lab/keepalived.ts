/** keepalived as the VRRP neighbour on the left: a backup that takes over when the router falls silent. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand } from '../host/needs.ts';
import { Peer } from './peer.ts';
import type { Timing } from './timing.ts';
import { ADDRESSES, VIRTUAL_ROUTER } from './topology.ts';

const READY_MS = 10_000;

/**
 * Starts it and waits until it is a backup.
 * @throws FirmwareError `LAB_PEER`
 */
export async function startKeepalived(
  directory: string,
  timing: Timing,
  onDeath: (text: string) => void,
): Promise<void> {
  const config = join(directory, 'keepalived.conf');
  writeFileSync(config, keepalivedConfig(timing), { mode: 0o644 });
  const keepalived = new Peer(
    {
      name: 'keepalived',
      place: 'left',
      program: findCommand('keepalived') ?? 'keepalived',
      args: [
        ['--vrrp', '--use-file', config, '--dont-fork', '--log-console', '--no-syslog', '--log-detail'],
        ['--pid', join(directory, 'keepalived.pid'), '--vrrp_pid', join(directory, 'keepalived-vrrp.pid')],
      ].flat(),
      log: join(directory, 'keepalived.log'),
    },
    onDeath,
  );
  await keepalived.until(() => /Entering (BACKUP|MASTER) STATE/.test(keepalived.logText()), READY_MS);
}

function keepalivedConfig(timing: Timing): string {
  return `global_defs {
  router_id left
  vrrp_version 3
}
vrrp_instance lab {
  state BACKUP
  interface eth0
  virtual_router_id ${VIRTUAL_ROUTER.group}
  priority ${VIRTUAL_ROUTER.peerPriority}
  advert_int ${timing.advert / 100}
  virtual_ipaddress {
    ${ADDRESSES.virtual}/32
  }
}
`;
}
