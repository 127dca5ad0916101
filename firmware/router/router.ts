/**
 * The router: the runtime with its modules, joined to this host's interfaces by drivers. The host's links come to
 * the modules as the retained event `link`, one an interface; packets come and go by raw IP ports.
 */
import { join } from 'node:path';
import { LinkMonitor, type LinkState } from '../../drivers/links.ts';
import { FaultPlan, type Log, Runtime } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { compatNeeds } from '../compat/needs.ts';
import type { Config } from '../config/check.ts';
import type { ConfigFile } from '../config/file.ts';
import { ConfigHistory } from '../config/history.ts';
import type { LinkState as LinkBody } from '../modules/messages/link.ts';
import { BUNDLES, BundleStore } from '../push/store.ts';
import { Interfaces, type Tell } from './interfaces.ts';
import { KernelPorts } from './kernel-kind.ts';
import { LinkedPorts } from './linked-ports.ts';
import { LiveConfig } from './live-config.ts';
import { HOST_EVENTS } from './needed-modules.ts';
import { portKinds } from './port-kinds.ts';
import { portProvider } from './port-provider.ts';
import { ProgramPorts } from './program-kind.ts';
import { RELEASES } from './releases.ts';
import { prepareStart, startModules } from './start-modules.ts';
import { openVersionSet } from './state-directory.ts';

/** In the state directory. */
const CONFIGURATIONS = 'configurations';

/** Milliseconds for which the end waits until the kernel has carried out what it was asked for, and programs that run have ended. */
const LONGEST_SETTLING = 2_000;

export interface Router {
  readonly runtime: Runtime;
  /** Takes in bundles that are pushed; undefined where there is no state directory. */
  readonly bundles: BundleStore | undefined;
  /** Why versions are not kept across restarts; undefined where they are, and where nobody asked for it. */
  readonly unkept: string | undefined;
  /** The configurations that ran before; undefined where nothing is kept. */
  readonly history: ConfigHistory | undefined;
  /** The configuration file while the router runs. */
  readonly live: LiveConfig;
  /** @throws HitlessError `VERSIONS_NOT_DURABLE`, when everything is closed */
  stop(): Promise<void>;
}

export interface RouterOptions {
  /** Allows faults on purpose, and keeps versions across restarts only where the configuration says so. */
  lab: boolean;
  /** Takes what the router and its modules say. */
  log: Log;
  /** Reads the file again, for modules that are added later. */
  read: () => string;
}

/**
 * Starts the router that a configuration describes.
 * @throws FirmwareError, DriverError or HitlessError; everything that was opened is closed again then
 */
export async function startRouter(file: ConfigFile, { lab, log, read }: RouterOptions): Promise<Router> {
  const tell: Tell = (level, text) => log.write({ level, text });
  const { own } = file;
  const state = await openVersionSet(own, { lab });
  const { set } = state;
  for (const notice of state.notices) log.write(notice);
  const linked = new LinkedPorts();
  const kernel = new KernelPorts();
  const programs = new ProgramPorts(tell);
  const kinds = portKinds(linked, kernel, programs);
  const directory = set?.directory ?? state.unkept?.directory;
  const pushed = directory === undefined ? undefined : join(directory, BUNDLES);
  const runtime = new Runtime({
    directories: [...own.router.bundles, ...(pushed === undefined ? [] : [pushed]), RELEASES],
    preparation: own.router.preparation,
    log,
    ports: portProvider(kinds),
    portKinds: kinds,
    publishes: HOST_EVENTS,
    needs: compatNeeds,
    // A priority of its own is for deadlines: what a timer is late counts there, and not the processor that it costs.
    preciseTimers: own.router.realtime !== undefined,
    ...(set !== undefined && { versionSet: set }),
    // Where it is not compiled, the router's log says so, and `show system`.
    ...(nativeWatch() === undefined && { guard: 'vm' as const }),
  });
  if (lab) runtime.faults = new FaultPlan();
  const links = new LinkMonitor();
  const stop = async () => {
    links.stop();
    runtime.stop();
    await finishWork(kernel, programs, tell);
    await set?.close();
  };
  try {
    const past = set ?? state.unkept?.past ?? { boot: new Map() };
    const start = await prepareStart(runtime, { file, past, pushed });
    const { config } = start;
    const interfaces = new Interfaces(config, tell);
    linked.onUse = (...use) => interfaces.used(...use);
    const present = await prepareInterfaces(links, interfaces);
    for (const link of present) linked.relink(link);
    for (const notice of await startModules(runtime, start, set)) log.write(notice);
    for (const link of present) publish(runtime, link);
    linked.onUse = (name, ...use) => {
      interfaces.used(name, ...use);
      // Its module passed over what was said of it before.
      const link = linked.stateOf(name);
      if (link !== undefined) publish(runtime, link);
    };
    links.start((link, was) => {
      linked.relink(link);
      publish(runtime, link);
      interfaces.changed(link, was);
    }, interfaces.troubled);
    const onGiven = (module: string, now: Config) => interfaces.expect(now, module);
    const modules = [...start.plan.starts, ...start.plan.idle].map(({ module }) => module);
    const begun = { config, modules, file };
    const live = new LiveConfig(runtime, begun, { read, tell, onGiven, pushed, path: file.path });
    return { runtime, ...keptIn(set?.directory, runtime), unkept: state.unkept?.problem, live, stop };
  } catch (thrown) {
    await stop().catch(() => {});
    throw thrown;
  }
}

/** Ports are closed, and some of their work may be under way. */
async function finishWork(kernel: KernelPorts, programs: ProgramPorts, tell: Tell): Promise<void> {
  const ms = LONGEST_SETTLING;
  const [left, killed] = await Promise.all([kernel.settled(ms), programs.end(ms)]);
  if (left > 0) tell('error', `${left} changes of the kernel's tables were not carried out within ${ms} ms`);
  if (killed > 0) tell('warn', `${killed} programs of modules had not ended after ${ms} ms, and were killed`);
}

/** A link that is gone is told as gone, and kept no longer: names come and go. */
function publish(runtime: Runtime, link: LinkState): void {
  const body: LinkBody = link;
  runtime.publish('link', body, link.index === 0 ? { withdraw: link.name } : { retain: link.name });
}

/** The bundles and configurations that are kept in a state directory. */
function keptIn(directory: string | undefined, runtime: Runtime): Pick<Router, 'bundles' | 'history'> {
  if (directory === undefined) return { bundles: undefined, history: undefined };
  const history = new ConfigHistory(join(directory, CONFIGURATIONS));
  const bundles = new BundleStore(join(directory, BUNDLES), {
    versions: () => runtime.versions(),
    examine: (file) => runtime.repository.acquire(file),
  });
  return { bundles, history };
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
