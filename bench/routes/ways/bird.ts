/**
 * By BIRD: static routes in a file that its configuration includes, and its kernel protocol. A phase is `birdc configure` with
 * another file, which was written before; reading it is in the time.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { destinations, FIRST, gateways } from '../job.ts';
import { startBird } from './bird-daemon.ts';
import type { OpenWay } from './way.ts';

export const openBird: OpenWay = async (job, _index, directory) => {
  const file = (name: string) => join(directory, name);
  writeFileSync(file('routes.conf'), '');
  const { daemon, birdc } = await startBird(
    directory,
    '10.0.0.1',
    `protocol kernel { scan time 3600; ipv4 { import none; export all; }; }
protocol static {
  ipv4;
include "${file('routes.conf')}";
}
`,
  );
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
        const stdout = await birdc('configure');
        if (!/Reconfigur/.test(stdout)) throw new Error(`BIRD takes no configuration: ${stdout}`);
      };
    },
    stop: () => daemon.stop(),
  };
};
