/** FRR's zebra and ospfd, with their own times. */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { frrDaemon } from '../../../firmware/lab/frr-daemon.ts';
import { RouteDaemon } from '../../routes/ways/daemon.ts';
import { frrUser } from '../../routes/ways/zebra.ts';
import { DEAD_S, HELLO_S } from '../peer/session.ts';
import { DEVICE, ENDS } from '../topology.ts';
import type { OpenRouter } from './device.ts';

const execute = promisify(execFile);
const PROTOCOL = 188;

export const openFrr: OpenRouter = async (_job, directory) => {
  const { uid, gid } = frrUser();
  const file = (name: string) => join(directory, name);
  writeFileSync(file('zebra.conf'), 'hostname router\n');
  writeFileSync(file('vtysh.conf'), '');
  const interfaces = ENDS.map(
    ({ near, cost }) => `interface ${near}
 ip ospf area 0.0.0.0
 ip ospf network point-to-point
 ip ospf hello-interval ${HELLO_S}
 ip ospf dead-interval ${DEAD_S}
 ip ospf cost ${cost}
`,
  );
  writeFileSync(
    file('ospfd.conf'),
    `hostname router\n${interfaces.join('')}router ospf\n ospf router-id ${DEVICE}\n`,
  );
  for (const path of [directory, file('zebra.conf'), file('ospfd.conf')]) chownSync(path, uid, gid);
  chmodSync(directory, 0o755);
  const api = file('zserv.api');
  const start = async (daemon: 'zebra' | 'ospfd', isReady: () => boolean) => {
    const started = new RouteDaemon(`FRR ${daemon}`, frrDaemon(daemon, directory));
    await started.until(isReady);
    return started;
  };
  const zebra = await start('zebra', () => existsSync(api));
  const ospfd = await start('ospfd', () => existsSync(file('ospfd.vty')));
  return {
    pids: [zebra.pid, ospfd.pid],
    protocol: PROTOCOL,
    async calculation() {
      const { stdout } = await execute('vtysh', ['--vty_socket', directory, '-c', 'show ip ospf']);
      const [, took, unit] = /Last SPF duration ([\d.]+) ?(usecs?|msecs?|ms|us|s)\b/.exec(stdout) ?? [];
      if (took === undefined) throw new Error(`FRR does not say how long its SPF took:\n${stdout}`);
      return unit === 's' ? Number(took) * 1000 : unit?.startsWith('m') ? Number(took) : Number(took) / 1000;
    },
    async stop() {
      await ospfd.stop();
      await zebra.stop();
    },
  };
};
