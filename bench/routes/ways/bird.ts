/**
 * By BIRD: static routes in a file that its configuration includes, and its kernel protocol. A phase is `birdc configure` with
 * another file, which was written before; reading it is in the time.
 */
import { execFile } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { destinations, FIRST, gateways } from '../job.ts';
import { RouteDaemon } from './daemon.ts';
import type { OpenWay } from './way.ts';

const execute = promisify(execFile);

export const openBird: OpenWay = async (job, _index, directory) => {
  const file = (name: string) => join(directory, name);
  writeFileSync(file('routes.conf'), '');
  writeFileSync(
    file('bird.conf'),
    `log stderr { warning, error, fatal, bug };
router id 10.0.0.1;
protocol device { scan time 3600; }
protocol kernel { scan time 3600; ipv4 { import none; export all; }; }
protocol static {
  ipv4;
include "${file('routes.conf')}";
}
`,
  );
  const control = file('bird.ctl');
  const daemon = new RouteDaemon('BIRD', ['bird', '-f', '-c', file('bird.conf'), '-s', control]);
  await daemon.until(async () => {
    const status = execute('birdc', ['-s', control, 'show', 'status']).then(({ stdout }) => stdout);
    // It is there before it listens.
    return (await status.catch(() => '')).includes('Daemon is up and running');
  });
  return {
    pids: [daemon.pid],
    prepare(phase) {
      const via = gateways(job.hops, phase === 'install' ? FIRST.install : FIRST.replace)
        .map((gateway) => ` via ${gateway}`)
        .join('');
      const networks = phase === 'withdraw' ? [] : destinations(job.routes);
      writeFileSync(file(phase), networks.map((network) => `route ${network}/24${via};\n`).join(''));
      return async () => {
        renameSync(file(phase), file('routes.conf'));
        const { stdout } = await execute('birdc', ['-s', control, 'configure']);
        if (!/Reconfigur/.test(stdout)) throw new Error(`BIRD takes no configuration: ${stdout}`);
      };
    },
    stop: () => daemon.stop(),
  };
};
