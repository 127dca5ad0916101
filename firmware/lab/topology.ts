/**
 * The lab's network: a router between two LANs, each a namespace, joined by veth pairs.
 *
 *   left  eth0 10.0.1.2 ── 10.0.1.1 lan0  router  lan1 10.0.2.1 ── 10.0.2.2 eth0  right
 */
import { FirmwareError } from '../errors.ts';
import { runTool, sleep } from './tool.ts';

export type Place = 'router' | 'left' | 'right';
export const PLACES: readonly Place[] = ['router', 'left', 'right'];

export const ADDRESSES = {
  lan0: '10.0.1.1',
  left: '10.0.1.2',
  lan1: '10.0.2.1',
  right: '10.0.2.2',
  virtual: '10.0.1.254',
} as const;

export const VIRTUAL_ROUTER = { group: 51, priority: 200, peerPriority: 100 } as const;

const LINKS = [
  'link add lan0 netns router type veth peer name eth0 netns left',
  'link add lan1 netns router type veth peer name eth0 netns right',
];

const INSIDE: Record<Place, string[]> = {
  router: [
    `address add ${ADDRESSES.lan0}/24 dev lan0`,
    `address add ${ADDRESSES.lan1}/24 dev lan1`,
    'link set lan0 up',
    'link set lan1 up',
  ],
  left: [
    `address add ${ADDRESSES.left}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${ADDRESSES.lan0}`,
  ],
  right: [
    `address add ${ADDRESSES.right}/24 dev eth0`,
    'link set eth0 up',
    `route add default via ${ADDRESSES.lan1}`,
  ],
};

/** IPv6 would add neighbour discovery to every capture; a kernel without it has no such files. */
const SETTINGS = `
for name in all default; do
  file=/proc/sys/net/ipv6/conf/$name/disable_ipv6
  if [ -e $file ]; then echo 1 > $file; fi
done
if [ "$1" = router ]; then echo 1 > /proc/sys/net/ipv4/ip_forward; fi
`;

/**
 * Builds the network inside of the namespaces that the lab already lives in.
 * @throws FirmwareError `LAB_NETWORK` with what `ip` said.
 */
export async function buildNetwork(): Promise<void> {
  await batch(
    [],
    PLACES.map((place) => `netns add ${place}`),
  );
  await Promise.all(
    PLACES.map((place) =>
      runTool('LAB_NETWORK', 'ip', ['netns', 'exec', place, 'sh', '-ec', SETTINGS, 'sh', place]),
    ),
  );
  await batch([], LINKS);
  for (const place of PLACES) await batch(['-n', place], ['link set lo up', ...INSIDE[place]]);
  await linksWork();
}

const LINK_PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 10;

/** The kernel takes a link into service up to a second after `up`, and drops what is sent before. */
async function linksWork(): Promise<void> {
  const giveUp = performance.now() + LINK_PATIENCE_MS;
  for (;;) {
    const shown = await Promise.all(
      PLACES.map((place) =>
        runTool('LAB_NETWORK', 'ip', ['-n', place, '-o', 'link', 'show', 'type', 'veth']),
      ),
    );
    const waiting = shown
      .join('')
      .split('\n')
      .filter((line) => line !== '' && !line.includes(' state UP '));
    if (waiting.length === 0) return;
    if (performance.now() > giveUp) {
      throw new FirmwareError(
        'LAB_NETWORK',
        `a link did not come up within ${LINK_PATIENCE_MS} ms: ${waiting.join('; ')}`,
      );
    }
    await sleep(LOOK_EVERY_MS);
  }
}

function batch(options: string[], lines: string[]): Promise<string> {
  return runTool('LAB_NETWORK', 'ip', [...options, '-batch', '-'], `${lines.join('\n')}\n`);
}
