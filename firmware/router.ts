/**
 * The router: the runtime with its modules, joined to this host's interfaces by drivers. The host's links come to
 * the modules as the retained event `link`, one an interface; packets come and go by raw IP ports.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LinkMonitor, type LinkState } from '../drivers/links.ts';
import { FaultPlan, HitlessError, Runtime, reasonOf, type VersionSet } from '../runtime/index.ts';
import { configOf } from './config/modules.ts';
import type { Config } from './config/schema.ts';
import { figureLine } from './console/figures.ts';
import { RouterError } from './errors.ts';
import { Interfaces, type Tell } from './interfaces.ts';
import { PortProvider } from './port-provider.ts';
import { BUNDLES, BundleStore } from './push/store.ts';
import { type Notice, type Past, planStart, removalsOf, type StartPlan } from './start.ts';
import { openVersionSet } from './state-directory.ts';

/** The released bundles that come with the program. */
const RELEASES = fileURLToPath(new URL('../firmware/releases', import.meta.url));

export interface Router {
  readonly runtime: Runtime;
  /** What is to be told of the start, once somebody listens to the log. */
  readonly notices: readonly Notice[];
  /** Somebody listens to the log from now on: what modules say is not handed to `tell` any more. */
  heard(): void;
  /** Takes in bundles that are pushed; undefined where there is no state directory. */
  readonly bundles: BundleStore | undefined;
  /** What the configuration says for a module; undefined where it says nothing. */
  configOf(module: string): unknown;
  /** @throws HitlessError `VERSIONS_NOT_DURABLE`, when everything is closed */
  stop(): Promise<void>;
}

export interface RouterOptions {
  /** Allows faults on purpose, and keeps versions across restarts only where the configuration says so. */
  lab: boolean;
  /** Takes what is said of the interfaces, and what modules say before anybody listens to the log. */
  tell: Tell;
}

/**
 * Starts the router that a configuration describes.
 * @throws RouterError, DriverError or HitlessError; everything that was opened is closed again then
 */
export async function startRouter(config: Config, { lab, tell }: RouterOptions): Promise<Router> {
  const links = new LinkMonitor();
  const interfaces = new Interfaces(config, tell);
  const present = await prepareInterfaces(links, interfaces);
  const { set, notices } = await openVersionSet(config, { lab });
  const ports = new PortProvider(config);
  const pushed = set === undefined ? undefined : join(set.directory, BUNDLES);
  const runtime = new Runtime({
    directories: [...config.router.bundles, ...(pushed === undefined ? [] : [pushed]), RELEASES],
    preparation: config.router.preparation,
    ports: (module, port) => ports.of(module, port),
    ...(set !== undefined && { versionSet: set }),
  });
  const heard = runtime.onLog((record) => {
    if (record.transaction === undefined) tell(record.level, figureLine({ ...record, level: 'info' }));
  });
  if (lab) runtime.faults = new FaultPlan();
  const stop = async () => {
    links.stop();
    runtime.stop();
    await set?.close();
  };
  try {
    for (const link of present) ports.relink(link);
    notices.push(...(await addModules(runtime, config, set, pushed)));
    const publish = (link: LinkState) => {
      ports.relink(link);
      // What is gone is told as gone, and kept no longer: names come and go.
      runtime.publish('link', link, link.index === 0 ? { withdraw: link.name } : { retain: link.name });
    };
    for (const link of present) publish(link);
    links.start((link, was) => {
      publish(link);
      interfaces.changed(link, was);
    });
  } catch (thrown) {
    await stop().catch(() => {});
    throw thrown;
  }
  const bundles =
    pushed &&
    new BundleStore(pushed, {
      versions: () => runtime.versions(),
      examine: (file) => runtime.repository.acquire(file),
    });
  return {
    runtime,
    notices,
    heard,
    bundles: bundles || undefined,
    configOf: (module) => configOf(module, config),
    stop,
  };
}

/** Gives the interfaces their addresses; returns the host's links, those first that the configuration names. */
async function prepareInterfaces(links: LinkMonitor, interfaces: Interfaces): Promise<LinkState[]> {
  const before = links.snapshot();
  await interfaces.begin(before);
  const present = links.snapshot();
  for (const link of present) {
    interfaces.changed(
      link,
      before.find(({ name }) => name === link.name),
    );
  }
  const matters = (link: LinkState) => Number(interfaces.matters(link));
  return present.sort((a, b) => matters(b) - matters(a));
}

/** Adds the modules, with the versions of before if that can be done. Answers what is to be told of it. */
async function addModules(
  runtime: Runtime,
  config: Config,
  set: VersionSet | undefined,
  pushed: string | undefined,
): Promise<Notice[]> {
  const past: Past = set ?? { boot: new Map() };
  const versions = runtime.versions();
  const plan = planStart(config, past, versions, pushed);
  const notices = [...plan.notices, ...(await forgetInterrupted(set))];
  try {
    await addAll(runtime, plan);
  } catch (thrown) {
    if (plan.remembered.length === 0) throw thrown;
    // A router that starts with its configuration is better than none, above all where nobody is near it.
    const fallback = planStart(config, removalsOf(past), versions, pushed);
    await addAll(runtime, fallback);
    const started = fallback.changes.map(({ module, bundle }) => `${module} ${bundle}`).join(', ');
    const text = `the versions of before could not be started (${reasonOf(thrown)}); instead there run ${started}`;
    notices.push({ level: 'error', text });
  }
  return notices;
}

/** All modules in one transaction: the router starts whole, or says why not. */
async function addAll(runtime: Runtime, { changes }: StartPlan): Promise<void> {
  if (changes.length === 0) return;
  const report = await runtime.run(
    changes,
    { command: 'start', by: 'configuration' },
    { remember: false, undoable: false },
  );
  if (report.outcome === 'aborted') {
    throw new RouterError('START_ABORTED', `the modules were not started: ${report.reason}`);
  }
}

/** What was on probation is told once. */
async function forgetInterrupted(set: VersionSet | undefined): Promise<Notice[]> {
  try {
    if (set?.interrupted !== undefined) await set.revert();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof HitlessError)) throw thrown;
    return [{ level: 'error', text: `${thrown.code}: ${thrown.message}` }];
  }
}
