/** FRR's zebra and ospfd as the OSPF neighbour on the right. They give up root for a user of their own, so they need it. */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FirmwareError } from '../errors.ts';
import { frrDaemon } from './frr-daemon.ts';
import { Peer } from './peer.ts';
import type { Timing } from './timing.ts';
import { runTool } from './tool.ts';
import { ADDRESSES } from './topology.ts';

const READY_MS = 15_000;

/** Where `vtysh --vty_socket` finds the daemons, from outside of the lab as well. */
export function frrDirectory(directory: string): string {
  return join(directory, 'frr');
}

/**
 * Starts both and waits until OSPF runs on the interface.
 * @throws FirmwareError `LAB_PEER`
 */
export async function startFrr(
  directory: string,
  timing: Timing,
  onDeath: (text: string) => void,
): Promise<void> {
  const own = frrDirectory(directory);
  const file = (name: string) => join(own, name);
  mkdirSync(own);
  writeFileSync(file('zebra.conf'), 'hostname right\n');
  writeFileSync(file('ospfd.conf'), ospfConfig(timing));
  // vtysh asks for its own file, and would tell its absence each time.
  writeFileSync(file('vtysh.conf'), '');
  const { uid, gid } = frrUser();
  for (const path of [own, file('zebra.conf'), file('ospfd.conf')]) chownSync(path, uid, gid);
  chmodSync(own, 0o755);

  const start = (daemon: string) => {
    const [program, ...args] = frrDaemon(daemon, own);
    return new Peer(
      {
        name: `FRR ${daemon}`,
        place: 'right',
        program,
        args,
        log: join(directory, `${daemon}.log`),
      },
      onDeath,
    );
  };
  const zebra = start('zebra');
  await zebra.until(() => existsSync(file('zserv.api')) && existsSync(file('zebra.vty')), READY_MS);
  const ospfd = start('ospfd');
  await ospfd.until(() => isRunning(own), READY_MS);
}

/** True once ospfd has learned of the interface from zebra and speaks on it. */
async function isRunning(own: string): Promise<boolean> {
  if (!existsSync(join(own, 'ospfd.vty'))) return false;
  try {
    const answer = await runTool('LAB_PEER', 'vtysh', [
      '--vty_socket',
      own,
      '-c',
      'show ip ospf interface json',
    ]);
    return /"ospfEnabled":\s*true/.test(answer);
  } catch {
    return false;
  }
}

function ospfConfig(timing: Timing): string {
  return `hostname right
interface eth0
 ip ospf area 0.0.0.0
 ip ospf hello-interval ${timing.hello}
 ip ospf dead-interval ${timing.dead}
 ip ospf priority 0
router ospf
 ospf router-id ${ADDRESSES.right}
 log-adjacency-changes detail
 timers throttle spf 0 50 5000
`;
}

function frrUser(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('frr:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new FirmwareError(
      'LAB_PEER',
      'FRR is installed, but its user "frr" is not in /etc/passwd. Install the package frr again.',
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}
