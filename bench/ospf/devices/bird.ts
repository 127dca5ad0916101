/** BIRD's OSPF and kernel protocols. */
import { startBird } from '../../routes/ways/bird-daemon.ts';
import { DEAD_S, HELLO_S } from '../peer/session.ts';
import { DEVICE, ENDS } from '../topology.ts';
import type { OpenRouter } from './device.ts';

const PROTOCOL = 12;

export const openBird: OpenRouter = async (_job, directory) => {
  const interfaces = ENDS.map(
    ({ near, cost }) => `interface "${near}" { type ptp; hello ${HELLO_S}; dead ${DEAD_S}; cost ${cost}; };`,
  );
  const { daemon } = await startBird(
    directory,
    DEVICE,
    `protocol kernel { scan time 3600; ipv4 { import none; export where source ~ [ RTS_OSPF, RTS_OSPF_IA, RTS_OSPF_EXT1, RTS_OSPF_EXT2 ] && net !~ [ 10.254.0.0/16+ ]; }; }
protocol ospf v2 o { ipv4 { import all; export none; }; area 0 { ${interfaces.join(' ')} }; }
`,
  );
  return {
    pids: [daemon.pid],
    protocol: PROTOCOL,
    stop: () => daemon.stop(),
  };
};
