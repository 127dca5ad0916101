/** FRR's zebra and ospfd, or another daemon, in a namespace, for one test. */
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { FRR_NEEDS, missing } from '../../firmware/host/needs.ts';
import { frrDaemon } from '../../firmware/lab/frr-daemon.ts';
import type { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from './router-lab.ts';

const PATIENCE = 60_000;
const lacking = missing(FRR_NEEDS);

/** Why there is no FRR here, for a test's `skip`; false when there is. */
export const frrUnavailable: string | false =
  lacking.length > 0 && `SKIPPED: not installed: ${JSON.stringify(lacking)}; run: hitless needs --tests`;

/** The two daemons. */
export interface Frr {
  /** Gives each command to vtysh; returns what it prints. */
  vtysh(...commands: string[]): string;
  /** Lines of the second one's log. */
  log(): string;
}

/**
 * Starts it. Ends with the test.
 * @param directory of the test's files
 * @param config of the daemon
 * @param program beside zebra
 */
export async function startFrr(
  t: Test,
  peer: NetworkNamespace,
  directory: string,
  config: string,
  program: 'ospfd' | 'vrrpd' = 'ospfd',
): Promise<Frr> {
  const own = join(directory, 'frr');
  mkdirSync(own);
  const file = (name: string) => join(own, name);
  writeFileSync(file('zebra.conf'), 'hostname peer\n');
  writeFileSync(file('vtysh.conf'), '');
  writeFileSync(file(`${program}.conf`), `hostname peer\n${config}`);
  const id = (option: string) => Number(peer.exec(['id', option, 'frr']));
  for (const path of [own, file('zebra.conf'), file(`${program}.conf`)]) chownSync(path, id('-u'), id('-g'));
  for (const path of [directory, own]) chmodSync(path, 0o755);
  let log = '';
  for (const daemon of ['zebra', program]) {
    const child = peer.spawn(frrDaemon(daemon, own));
    child.stdout?.on('data', (chunk: Buffer) => {
      if (daemon === program) log += chunk.toString('utf8');
    });
    child.stderr?.resume();
    const ended = new Promise((resolve) => child.once('close', resolve));
    t.teardown(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    const ready = daemon === 'zebra' ? file('zserv.api') : file(`${program}.vty`);
    await eventuallyAsync(`${daemon} is there`, PATIENCE, async () => existsSync(ready) || undefined);
  }
  return {
    vtysh: (...commands) =>
      peer.exec(['vtysh', '--vty_socket', own, ...commands.flatMap((command) => ['-c', command])]),
    log: () => log,
  };
}
