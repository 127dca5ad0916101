/** The routers that are measured: hitless, and keepalived. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from '../../test/netns.ts';
import { newestRelease } from '../../test/newest-release.ts';
import { Daemon } from '../outage/daemon.ts';
import { Keepalived, type KeepalivedGroup } from '../outage/keepalived.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export type VrrpSide = 'hitless' | 'keepalived';

export interface RouterOptions {
  /** hitless as one file. */
  program: string;
  namespace: NetworkNamespace;
  /** Of its own. */
  directory: string;
  interface: string;
  groups: readonly KeepalivedGroup[];
  /** Priority under SCHED_FIFO. */
  realtime: number | undefined;
}

/** One that runs. */
export interface VrrpRouter {
  /** Ends, so that it says on the wire that it leaves. */
  stop(): Promise<void>;
}

export type StartRouter = (options: RouterOptions) => Promise<VrrpRouter>;

export const START: Readonly<Record<VrrpSide, StartRouter>> = {
  async hitless(options) {
    const { namespace, program, directory } = options;
    const config = join(directory, 'router.yaml');
    writeFileSync(config, configOf(options));
    const command = [process.execPath, program, 'run', '--config', config];
    return new Daemon('hitless', namespace, command, { NODE_PATH: join(root, 'node_modules') });
  },
  async keepalived(options) {
    const keepalived = new Keepalived({ ...options, virtualMac: true });
    await keepalived.start();
    return keepalived;
  },
};

function configOf({ directory, groups, interface: name, realtime }: RouterOptions): string {
  const routers = groups.map(
    ({ group, priority, interval, address }) =>
      `  - { interface: ${name}, group: ${group}, priority: ${priority}, interval: ${Math.round(interval * 1000)}ms, addresses: [${address}] }\n`,
  );
  return `router:
  state: ${JSON.stringify(join(directory, 'state'))}
  bundles: [${JSON.stringify(join(root, 'firmware/releases'))}]
  modules: { IP: ip@${newestRelease('ip')}, VRRP: vrrp@${newestRelease('vrrp')} }
${realtime === undefined ? '' : `  realtime: ${realtime}\n`}ip: { interfaces: { ${name}: {} } }
vrrp:
${routers.join('')}`;
}
