/** BIRD's OSPF and kernel protocols. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RouteDaemon } from '../../routes/ways/daemon.ts';
import { DEAD_S, HELLO_S } from '../peer/session.ts';
import { DEVICE, ENDS } from '../topology.ts';
import type { OpenRouter } from './device.ts';

const execute = promisify(execFile);
const PROTOCOL = 12;

export const openBird: OpenRouter = async (_job, directory) => {
  const file = (name: string) => join(directory, name);
  const interfaces = ENDS.map(
    ({ near, cost }) => `interface "${near}" { type ptp; hello ${HELLO_S}; dead ${DEAD_S}; cost ${cost}; };`,
  );
  writeFileSync(
    file('bird.conf'),
    `log stderr { warning, error, fatal, bug };
router id ${DEVICE};
protocol device { scan time 3600; }
protocol kernel { scan time 3600; ipv4 { import none; export where source ~ [ RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2 ] && net !~ [ 10.254.0.0/16+ ]; }; }
protocol ospf v2 o { ipv4 { import all; export none; }; area 0 { ${interfaces.join(' ')} }; }
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
    protocol: PROTOCOL,
    stop: () => daemon.stop(),
  };
};
