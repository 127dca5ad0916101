/**
 * `hitless run`: the router in the foreground, with its consoles. On a terminal it has a prompt; with a script it
 * runs that and ends; otherwise it prints its log and is commanded through the socket.
 */
import { resolve } from 'node:path';
import { openSerial } from '../drivers/serial.ts';
import { ServiceNotify } from '../drivers/service-notify.ts';
import type { Slots } from '../drivers/slots.ts';
import { Watchdog } from '../drivers/watchdog.ts';
import { Log, type Runtime, watchBundles } from '../runtime/index.ts';
import { readConfigFile, readConfigText } from './config/file.ts';
import type { OwnConfig } from './config/own.ts';
import type { ConsoleHost } from './console/host.ts';
import { hasOwnTerminal, ownTerminal } from './console/own-terminal.ts';
import { openScript, runScript, type Script } from './console/script.ts';
import { serveSerialDevice } from './console/serial.ts';
import { openConsole } from './console/server.ts';
import { consolePath } from './console/socket-path.ts';
import { unwatched } from './console/system.ts';
import { Begun } from './host/begun.ts';
import { refuseDebugger } from './host/debugger.ts';
import { type Listener, startHeartbeat } from './host/heartbeat.ts';
import { isJournal } from './host/journal.ts';
import { outliveLateErrors } from './host/late-errors.ts';
import { LogPrinter } from './host/log-printer.ts';
import { scheduleRouter } from './host/scheduling.ts';
import { EXIT_CODES, endingSignal } from './host/signals.ts';
import { watchSlotTrial } from './host/slot-trial.ts';
import { programVersion } from './host/version.ts';
import { type WatchList, watchList } from './host/watch.ts';
import { keepYoungSpaceSmall } from './host/young-space.ts';
import { UnitFit } from './install/allowance.ts';
import { MonitorBoard, type MonitorMessage } from './lab/monitor-board.ts';
import { BoardSlots, slotsOfBoard } from './push/board-slots.ts';
import { ConfigStore } from './push/config-store.ts';
import { Configuration } from './router/configuration.ts';
import type { Tell } from './router/interfaces.ts';
import { checkFile } from './router/load-config.ts';
import { takeConfig } from './router/pushed-config.ts';
import { Reloads } from './router/reloads.ts';
import { type Router, startRouter } from './router/router.ts';
import { Saving } from './router/saving.ts';
import { statePath } from './router/state-directory.ts';

export interface RunOptions {
  config: string;
  /** In the lab: faults on purpose are allowed, and monitors report over the parent's channel. */
  lab: boolean;
  /** A file of commands, or `-`. */
  script?: string;
  /** Bundles, directories of bundles and sources of modules, swapped in when they are saved. */
  watch?: readonly string[];
  /** The watchdog of the board, fed unless the configuration says otherwise. */
  watchdog?: string;
  /** Runs also while Node's debugger is open, as it may be in the lab. */
  inspect?: boolean;
}

/** Why the router stops, for the log, and its exit code. */
interface Ending {
  code: number;
  why: string;
}

/** The program around the router: what its parts share. */
interface Program {
  readonly options: RunOptions;
  readonly config: OwnConfig;
  /** It is there before all else, and keeps its lines for a session that begins later. */
  readonly log: Log;
  readonly tell: Tell;
  /** Everything that is to be ended, in the order of its beginning. */
  readonly begun: Begun;
  readonly service: ServiceNotify;
  /** SIGHUP asks for them. */
  readonly reloads: Reloads;
  /** Only on a board. */
  readonly slots: Slots | undefined;
  /** Resolves when something calls `end` for the first time. */
  readonly ended: Promise<Ending>;
  readonly end: (ending: Ending) => void;
}

/** Runs until `quit`, a signal, or the script's end. Returns the exit code. */
export async function run(options: RunOptions): Promise<number> {
  keepYoungSpaceSmall();
  if (!options.lab && options.inspect !== true) refuseDebugger();
  const file = readConfigFile(options.config);
  // Mistakes of its own part are told together with those of its sections.
  if (!file.isSound) await checkFile(file, options.lab ? undefined : statePath());
  const program = programOf(options, file.own);
  const { begun, log, service, tell } = program;
  try {
    const script = options.script === undefined ? undefined : await openScript(options.script);
    const watched = await watchList(options.watch ?? []);
    begun.add(() => watched.close());
    if (script === undefined && !hasOwnTerminal()) begun.add(printLog(program));
    tell('info', startLine(options.config));
    await takePlace(program);
    const router = await startRouter(file, {
      lab: options.lab,
      log,
      read: () => readConfigText(options.config),
    });
    begun.add(outliveLateErrors(router.runtime));
    const { runtime, live } = router;
    const saving = new Saving({ runtime, live, path: resolve(options.config), tell });
    begun.add(() => saving.close());
    begun.add(() => router.stop());
    begun.add(() => service.stopping());
    program.reloads.begin(() => live.reload('SIGHUP'));
    const { kind, why } = runtime.guard;
    if (kind === 'vm') tell('warn', unwatched(why));
    tell('info', `hitless runs: ${versionsOf(runtime)}`);
    const host = hostOf(router, saving, program);
    host.configs = new ConfigStore(takeConfig(live, saving, resolve(options.config)));
    const ending = await serve(router, host, program, watched.sources, script);
    tell('info', `hitless stops: ${ending.why}`);
    return ending.code;
  } finally {
    await begun.end();
  }
}

function programOf(options: RunOptions, config: OwnConfig): Program {
  const log = new Log();
  let end: Program['end'] = () => {};
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const tell: Tell = (level, text) => log.write({ level, text });
  return {
    options,
    config,
    log,
    tell,
    reloads: new Reloads(tell),
    begun: new Begun(),
    service: new ServiceNotify(),
    slots: options.lab ? undefined : slotsOfBoard(),
    ended,
    end,
  };
}

/** Prints the log on standard output; call what it returns to end that. */
function printLog({ config: { log: how }, log, options }: Program): () => void {
  const { level, format } = how;
  const printer = new LogPrinter(process.stdout, level, {
    format,
    limited: !options.lab,
    journal: isJournal(1),
  });
  const silence = log.listen((record) => printer.print(record), 0);
  return () => {
    silence();
    printer.close();
  };
}

function startLine(config: string): string {
  return `hitless ${programVersion()} starts: Node ${process.versions.node}, configuration ${resolve(config)}`;
}

/** In ms. */
const WATCHDOG_EVERY = 2000;

/**
 * Takes the program's place on the machine: scheduling, signals, and whoever acts when it hangs.
 * @throws DriverError `SCHEDULING_…`, `WATCHDOG_…`, FirmwareError `REALTIME_UNBOUNDED`, `UNIT_OUTDATED`
 */
async function takePlace({ options, config, tell, begun, service, reloads, end }: Program): Promise<void> {
  const fit = new UnitFit(config);
  if (fit.notice !== undefined) tell('warn', fit.notice);
  const listeners: Listener[] = [service];
  try {
    await scheduleRouter(config.router);
    // From here on a signal ends it in order, and an armed watchdog is not left behind.
    void endingSignal(() => reloads.ask()).then((signal) => end({ code: EXIT_CODES[signal], why: signal }));
    const { device, every } = config.router.watchdog ?? { device: options.watchdog, every: WATCHDOG_EVERY };
    if (device !== undefined) {
      const watchdog = new Watchdog(device, { every, tell });
      begun.add(() => watchdog.disarm());
      listeners.push(watchdog);
    }
  } catch (thrown) {
    throw fit.explain(thrown);
  }
  begun.add(() => service.close());
  // A start that hangs is a hang too, and so is a stop: the beats end after the router.
  begun.add(startHeartbeat(listeners));
}

/** The router as consoles see it, with what there is only in a lab or on a board. */
function hostOf(router: Router, saving: Saving, program: Program): ConsoleHost {
  const { options, config, begun, slots, tell, end } = program;
  const host: ConsoleHost = {
    runtime: router.runtime,
    configured: (changes) => router.live.completed(changes),
    logLevel: config.log.level,
    bundles: router.bundles,
    unkept: router.unkept,
    configuration: new Configuration({
      live: router.live,
      saving,
      path: options.config,
      history: router.history,
      tell,
    }),
    quit: () => end({ code: 0, why: 'a console asked for it' }),
  };
  if (options.lab) watchMonitors(host);
  if (slots === undefined) return host;
  const probation = () => router.runtime.probation;
  const board = new BoardSlots({ slots, probation, quit: () => host.quit() });
  begun.add(() => board.close());
  host.slots = board;
  host.images = board.images;
  return host;
}

/** Opens the consoles, and waits until the program is to end. */
async function serve(
  { runtime }: Router,
  host: ConsoleHost,
  program: Program,
  watched: WatchList['sources'],
  script: Script | undefined,
): Promise<Ending> {
  const { begun, service, slots, tell, ended } = program;
  await openConsoles(host, program);
  service.ready();
  begun.add(startHeartbeat([versionsShown(service, runtime)]));
  const watch = async () => {
    if (watched.length === 0) return;
    const bundles = await watchBundles(runtime, watched);
    begun.add(() => bundles.close());
  };
  if (script !== undefined) {
    const stop = new AbortController();
    void ended.then(() => stop.abort());
    // A version that is swapped in at once is there before the first command.
    const running = runScript(host, script, process.stdout, { before: watch, signal: stop.signal });
    const done = running.then(({ ok }) =>
      ok ? { code: 0, why: 'its script ended' } : { code: 1, why: 'its script failed' },
    );
    return await Promise.race([done, ended]);
  }
  beginTerminal(host, program);
  if (slots) begun.add(watchSlotTrial({ slots, modules: () => runtime.modules(), tell }));
  await watch();
  return await ended;
}

async function openConsoles(host: ConsoleHost, { config, begun, tell }: Program): Promise<void> {
  const socket = await openConsole(host, config.console.socket ?? consolePath());
  begun.add(() => socket.close());
  if (config.console.serial === undefined) return;
  const { path, baud } = config.console.serial;
  const serial = await serveSerialDevice(host, { path, open: () => openSerial(path, baud), tell });
  begun.add(() => serial.close());
}

function beginTerminal(host: ConsoleHost, { begun, end }: Program): void {
  const terminal = ownTerminal(host);
  if (terminal === undefined) return;
  begun.add(() => terminal.close());
  void terminal.ended.then((why) =>
    end(
      why === 'hangup'
        ? { code: EXIT_CODES.SIGHUP, why: 'its terminal hung up' }
        : { code: 0, why: 'its terminal asked for it' },
    ),
  );
}

/** Shows the service manager which versions run. */
function versionsShown(service: ServiceNotify, runtime: Runtime): Listener {
  return { every: service.every, beat: () => service.status(versionsOf(runtime)) };
}

function versionsOf(runtime: Runtime): string {
  const versions = runtime.modules().map(({ name, version }) => `${name} ${version}`);
  return versions.join(', ') || 'no modules';
}

function watchMonitors(host: ConsoleHost): void {
  const board = new MonitorBoard();
  process.on('message', (message: MonitorMessage) => board.take(message));
  // The lab ends its router by ending this process; its channel must not keep it alive.
  process.channel?.unref();
  host.monitors = () => board.reports();
  host.onMonitorLine = (listener) => board.onLine(listener);
}
