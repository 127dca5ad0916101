/**
 * `hitless run`: the router in the foreground, with its consoles. On a terminal it has a prompt; with a script it
 * runs that and ends; otherwise it prints its log and is commanded through the socket.
 */
import { resolve } from 'node:path';
import { openSerial } from '../drivers/serial.ts';
import { ServiceNotify } from '../drivers/service-notify.ts';
import type { Slots } from '../drivers/slots.ts';
import { Watchdog } from '../drivers/watchdog.ts';
import { type LogLevel, watchBundles } from '../runtime/index.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import type { ConsoleHost } from './console/host.ts';
import { ownTerminal } from './console/own-terminal.ts';
import { openScript, runScript, type Script } from './console/script.ts';
import { serveSerialDevice } from './console/serial.ts';
import { openConsole } from './console/server.ts';
import { consolePath } from './console/socket-path.ts';
import { unwatched } from './console/system.ts';
import { refuseDebugger } from './host/debugger.ts';
import { EarlyLog } from './host/early-log.ts';
import { type Listener, startHeartbeat } from './host/heartbeat.ts';
import { isJournal } from './host/journal.ts';
import { outliveLateErrors } from './host/late-errors.ts';
import { LogPrinter } from './host/log-printer.ts';
import { scheduleRouter } from './host/scheduling.ts';
import { type EndingSignal, EXIT_CODES, endingSignal } from './host/signals.ts';
import { watchSlotTrial } from './host/slot-trial.ts';
import { programVersion } from './host/version.ts';
import { type WatchList, watchList } from './host/watch.ts';
import { UnitFit } from './install/allowance.ts';
import { MonitorBoard, type MonitorMessage } from './lab/monitor-board.ts';
import { BoardSlots, slotsOfBoard } from './push/board-slots.ts';
import { type Router, startRouter } from './router/router.ts';

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

/** Runs until `quit`, a signal, or the script's end. Answers the exit code. */
export async function run(options: RunOptions): Promise<number> {
  if (!options.lab && options.inspect !== true) refuseDebugger();
  const config = loadConfig(options.config);
  const script = options.script === undefined ? undefined : await openScript(options.script);
  const watched = await watchList(options.watch ?? []);
  try {
    const fit = new UnitFit(config);
    const early = new EarlyLog();
    if (fit.notice !== undefined) early.tell('warn', fit.notice);
    await scheduleRouter(config.router).catch((thrown) => {
      throw fit.explain(thrown);
    });
    // From here on a signal ends it in order, and an armed watchdog is not left behind.
    const signalled = endingSignal(early.tell);
    const watchdog = armWatchdog(config, options.watchdog, early, fit);
    const service = new ServiceNotify();
    const listeners: Listener[] = [service, ...(watchdog === undefined ? [] : [watchdog])];
    // A start that hangs is a hang too, and so is a stop: the beats end after all else, in order.
    const endHeartbeat = startHeartbeat(listeners);
    try {
      const start = new EarlyLog();
      const router = await startRouter(config, {
        lab: options.lab,
        tell: start.tell,
        read: () => loadConfig(options.config),
      });
      early.tell('info', startLine(options.config, router));
      const { kind, why } = router.runtime.guard;
      if (kind === 'vm') early.tell('warn', unwatched(why));
      const log = new PrintedLog(router, { ...config.log, limited: !options.lab });
      const endOutliving = outliveLateErrors(router.runtime);
      try {
        const watch = { early, start, signalled, service, log };
        const { code, why } = await serve(router, config, options.lab, script, watched.sources, watch);
        router.runtime.log('info', `hitless stops: ${why}`);
        return code;
      } finally {
        service.stopping();
        // The last words of modules are still printed.
        await router.stop().finally(() => log.end());
        endOutliving();
      }
    } finally {
      endHeartbeat();
      service.close();
      watchdog?.disarm();
    }
  } finally {
    await watched.close();
  }
}

/** In ms. */
const WATCHDOG_EVERY = 2000;

function startLine(config: string, { runtime }: Router): string {
  const modules = runtime.modules().map(({ name, version }) => `${name} ${version}`);
  return `hitless ${programVersion()} runs: Node ${process.versions.node}, configuration ${resolve(config)}, ${modules.join(', ') || 'no modules'}`;
}

/** @throws DriverError `WATCHDOG_…`, FirmwareError `UNIT_OUTDATED` */
function armWatchdog(
  { router }: Config,
  ofBoard: string | undefined,
  early: EarlyLog,
  fit: UnitFit,
): Watchdog | undefined {
  const { device, every } = router.watchdog ?? { device: ofBoard, every: WATCHDOG_EVERY };
  if (device === undefined) return undefined;
  try {
    return new Watchdog(device, { every, tell: early.tell });
  } catch (thrown) {
    throw fit.explain(thrown);
  }
}

interface Surroundings {
  early: EarlyLog;
  /** The words of the router and its modules while they started. */
  start: EarlyLog;
  signalled: Promise<EndingSignal>;
  service: ServiceNotify;
  log: PrintedLog;
}

async function serve(
  router: Router,
  config: Config,
  lab: boolean,
  script: Script | undefined,
  watched: WatchList['sources'],
  { early, start, signalled, service, log }: Surroundings,
): Promise<Ending> {
  let end: (ending: Ending) => void = () => {};
  const ended = new Promise<Ending>((resolve) => {
    end = resolve;
  });
  const host: ConsoleHost = {
    runtime: router.runtime,
    configOf: (module) => router.configOf(module),
    logLevel: config.log.level,
    bundles: router.bundles,
    unkept: router.unkept,
    quit: () => end({ code: 0, why: 'a console asked for it' }),
  };
  const tell = (level: LogLevel, text: string) => router.runtime.log(level, text);
  const tellOfStart = () => {
    router.heard();
    early.open(tell);
    for (const { level, text } of router.notices) tell(level, text);
    start.open(tell);
  };
  if (lab) watchMonitors(host);
  const slots = lab ? undefined : slotsOfBoard();
  const board = slots && boardOf(slots, router, host);
  void signalled.then((signal) => end({ code: EXIT_CODES[signal], why: signal }));

  const socket = await openConsole(host, config.console.socket ?? consolePath());
  const closing: (() => unknown)[] = [() => board?.close(), () => socket.close()];
  try {
    if (config.console.serial !== undefined) {
      const { path, baud } = config.console.serial;
      const serial = await serveSerialDevice(host, {
        path,
        open: () => openSerial(path, baud),
        tell: early.tell,
      });
      closing.push(() => serial.close());
    }
    service.ready();
    closing.push(startHeartbeat([versionsShown(service, router)]));
    const watch = async () => {
      if (watched.length === 0) return;
      const bundles = await watchBundles(router.runtime, watched);
      closing.push(() => bundles.close());
    };
    if (script !== undefined) {
      // A version that is swapped in at once is there before the first command.
      log.begin();
      await watch().finally(() => log.end());
      const running = runScript(host, script, process.stdout);
      tellOfStart();
      const { ok } = await running;
      return { code: ok ? 0 : 1, why: ok ? 'its script ended' : 'its script failed' };
    }
    const terminal = ownTerminal(host);
    if (terminal === undefined) {
      log.begin();
    } else {
      closing.push(() => terminal.close());
      void terminal.ended.then((why) =>
        end(
          why === 'hangup'
            ? { code: EXIT_CODES.SIGHUP, why: 'its terminal hung up' }
            : { code: 0, why: 'its terminal asked for it' },
        ),
      );
    }
    tellOfStart();
    if (slots) closing.push(watchSlotTrial({ slots, modules: () => router.runtime.modules(), tell }));
    await watch();
    return await ended;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Gives the console what it has on a board. */
function boardOf(slots: Slots, { runtime }: Router, host: ConsoleHost): BoardSlots {
  const board = new BoardSlots({ slots, probation: () => runtime.probation, quit: () => host.quit() });
  host.slots = board;
  host.images = board.images;
  return board;
}

/** Shows the service manager which versions run. */
function versionsShown(service: ServiceNotify, { runtime }: Router): Listener {
  const versions = () => runtime.modules().map(({ name, version }) => `${name} ${version}`);
  return { every: service.every, beat: () => service.status(versions().join(', ') || 'no modules') };
}

/** The log on standard output, from `begin` to `end`. */
class PrintedLog {
  readonly #router: Router;
  readonly #how: Config['log'] & { limited: boolean };
  #printer: LogPrinter | undefined;
  #silence: (() => void) | undefined;

  constructor(router: Router, how: Config['log'] & { limited: boolean }) {
    this.#router = router;
    this.#how = how;
  }

  begin(): void {
    const { level, format, limited } = this.#how;
    const printer = new LogPrinter(process.stdout, level, { format, limited, journal: isJournal(1) });
    this.#printer = printer;
    this.#silence = this.#router.runtime.onLog((record) => printer.print(record));
  }

  end(): void {
    this.#silence?.();
    this.#printer?.close();
    this.#silence = this.#printer = undefined;
  }
}

function watchMonitors(host: ConsoleHost): void {
  const board = new MonitorBoard();
  process.on('message', (message: MonitorMessage) => board.take(message));
  // The lab ends its router by ending this process; its channel must not keep it alive.
  process.channel?.unref();
  host.monitors = () => board.reports();
  host.onMonitorLine = (listener) => board.onLine(listener);
}
