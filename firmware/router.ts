/**
 * The router: the runtime with its modules, joined to this host's interfaces by drivers. The host's links come to
 * the modules as the retained event `link`, one an interface; packets come and go by raw IP ports.
 */
import { fileURLToPath } from 'node:url';
import { LinkMonitor, type LinkState } from '../drivers/links.ts';
import { RawIpPort } from '../drivers/raw-ip.ts';
import { FaultPlan, Runtime, type VersionView } from '../runtime/index.ts';
import { moduleStarts } from './config/modules.ts';
import type { Config } from './config/schema.ts';
import { RouterError } from './errors.ts';
import { interfacesOf, PORT_KINDS } from './ports.ts';

/** The released bundles that come with the program. */
const RELEASES = fileURLToPath(new URL('../firmware/releases', import.meta.url));

export interface Router {
  readonly runtime: Runtime;
  stop(): void;
}

/**
 * Starts the router that a configuration describes.
 * @param lab allows faults on purpose
 * @throws RouterError, DriverError or HitlessError; everything that was opened is closed again then
 */
export async function startRouter(config: Config, { lab }: { lab: boolean }): Promise<Router> {
  const links = new LinkMonitor();
  const present = links.snapshot();
  checkInterfaces(config, present);
  const runtime = new Runtime({
    directories: [...config.router.bundles, RELEASES],
    preparation: config.router.preparation,
  });
  if (lab) runtime.faults = new FaultPlan();
  const ports: RawIpPort[] = [];
  const stop = () => {
    links.stop();
    runtime.stop();
  };
  try {
    await addModules(runtime, config);
    ports.push(...attachPorts(runtime, config));
    const publish = (link: LinkState) => {
      for (const port of ports) port.relink(link);
      runtime.publish('link', link, { retain: link.name });
    };
    for (const link of present) publish(link);
    links.start(publish);
  } catch (thrown) {
    stop();
    throw thrown;
  }
  return { runtime, stop };
}

function checkInterfaces(config: Config, present: readonly LinkState[]): void {
  const names = present.map((link) => link.name);
  for (const { module } of PORT_KINDS) {
    for (const [name, key] of interfacesOf(module, config)) {
      if (names.includes(name)) continue;
      throw new RouterError(
        'INTERFACE_UNKNOWN',
        `${key}: this host has no interface ${name}; it has ${names.join(', ')}. Create it, or name another.`,
      );
    }
  }
}

/** All modules in one transaction: the router starts whole, or says why not. */
async function addModules(runtime: Runtime, config: Config): Promise<void> {
  const versions = runtime.versions();
  const changes = moduleStarts(config).map(({ module, bundle, config: settings }) => ({
    change: 'add' as const,
    module,
    bundle: bundle ?? newest(module, versions),
    config: settings,
  }));
  const report = await runtime.run(changes, { command: 'start', by: 'configuration' });
  if (report.outcome === 'aborted') {
    throw new RouterError('START_ABORTED', `the modules were not started: ${report.reason}`);
  }
}

function newest(module: string, versions: readonly VersionView[]): string {
  const latest = versions.findLast((version) => version.module === module);
  if (latest === undefined) {
    throw new RouterError(
      'BUNDLE_MISSING',
      `no bundle of ${module} is in ${RELEASES}; give a directory that has one as router.bundles`,
    );
  }
  return latest.bundle;
}

function attachPorts(runtime: Runtime, config: Config): RawIpPort[] {
  const ports: RawIpPort[] = [];
  for (const { module, port, options } of PORT_KINDS) {
    for (const name of interfacesOf(module, config).keys()) {
      const driver = new RawIpPort({ interface: name, ...options });
      runtime.attach(module, port, name, driver);
      ports.push(driver);
    }
  }
  return ports;
}
