/**
 * `hitless run`: the router in the foreground, with its consoles. On a terminal it has a prompt; with a script it
 * runs that and ends; otherwise it prints its log and is commanded through the socket.
 */
import { openSerial } from '../drivers/serial.ts';
import { ServiceNotify } from '../drivers/service-notify.ts';
import type { Slots } from '../drivers/slots.ts';
import { Watchdog } from '../drivers/watchdog.ts';
import { type LogLevel, watchBundles } from '../runtime/index.ts';
import { BoardSlots, slotsOfBoard } from './board-slots.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import type { ConsoleHost } from './console/host.ts';
import { ownTerminal } from './console/own-terminal.ts';
import { openScript, runScript, type Script } from './console/script.ts';
import { serveSerialDevice } from './console/serial.ts';
import { openConsole } from './console/server.ts';
import { consolePath } from './console/socket-path.ts';
import { EarlyLog } from './early-log.ts';
import { type Listener, startHeartbeat } from './heartbeat.ts';
import { LogPrinter } from './log-printer.ts';
import { MonitorBoard, type MonitorMessage } from './monitor-board.ts';
import { type Router, startRouter } from './router.ts';
import { scheduleRouter } from './scheduling.ts';
import { watchSlotTrial } from './slot-trial.ts';
import { type WatchList, watchList } from './watch.ts';

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
}

/** Runs until `quit`, a signal, or the script's end. Answers the exit code. */
export async function run(options: RunOptions): Promise<number> {
  const config = loadConfig(options.config);
  const script = options.script === undefined ? undefined : await openScript(options.script);
  const watched = await watchList(options.watch ?? []);
  try {
    await scheduleRouter(config.router);
    const early = new EarlyLog();
    // From here on a signal ends it in order, and an armed watchdog is not left behind.
    const signalled = firstSignal();
    const watchdog = armWatchdog(config, options.watchdog, early);
    const service = new ServiceNotify();
    const listeners: Listener[] = [service, ...(watchdog === undefined ? [] : [watchdog])];
    // A start that hangs is a hang too, and so is a stop: the beats end after all else, in order.
    const endHeartbeat = startHeartbeat(listeners);
    try {
      const router = await startRouter(config, { lab: options.lab });
      const watch = { early, signalled, service };
      try {
        return await serve(router, config, options.lab, script, watched.sources, watch);
      } finally {
        service.stopping();
        await router.stop();
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

const SIGNALS = { SIGINT: 130, SIGTERM: 0, SIGHUP: 129 } as const;

/** Resolves with its exit code. */
function firstSignal(): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => resolve(code));
  });
}

/** @throws DriverError `WATCHDOG_…` */
function armWatchdog({ router }: Config, ofBoard: string | undefined, early: EarlyLog): Watchdog | undefined {
  const { device, every } = router.watchdog ?? { device: ofBoard, every: WATCHDOG_EVERY };
  return device === undefined ? undefined : new Watchdog(device, { every, tell: early.tell });
}

async function serve(
  router: Router,
  config: Config,
  lab: boolean,
  script: Script | undefined,
  watched: WatchList['sources'],
  { early, signalled, service }: { early: EarlyLog; signalled: Promise<number>; service: ServiceNotify },
): Promise<number> {
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const host: ConsoleHost = {
    runtime: router.runtime,
    configOf: (module) => router.configOf(module),
    bundles: router.bundles,
    quit: () => end(0),
  };
  const tell = (level: LogLevel, text: string) => router.runtime.log(level, text);
  const tellOfStart = () => {
    for (const { level, text } of router.notices) tell(level, text);
    early.open(tell);
  };
  if (lab) watchMonitors(host);
  const slots = lab ? undefined : slotsOfBoard();
  const board = slots && boardOf(slots, router, host);
  void signalled.then(end);

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
      // What is swapped in at once is there before the first command.
      const silence = printLog(router, config);
      await watch().finally(silence);
      const running = runScript(host, script, process.stdout);
      tellOfStart();
      return (await running).ok ? 0 : 1;
    }
    const terminal = ownTerminal(host);
    if (terminal === undefined) {
      closing.push(printLog(router, config));
    } else {
      closing.push(() => terminal.close());
      void terminal.ended.then((why) => end(why === 'hangup' ? SIGNALS.SIGHUP : 0));
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

/** Prints the log on standard output; gives what ends that. */
function printLog({ runtime }: Router, { log }: Config): () => void {
  const printer = new LogPrinter(process.stdout, log.level, log.format);
  return runtime.onLog((record) => printer.print(record));
}

function watchMonitors(host: ConsoleHost): void {
  const board = new MonitorBoard();
  process.on('message', (message: MonitorMessage) => board.take(message));
  // The lab ends its router by ending this process; its channel must not keep it alive.
  process.channel?.unref();
  host.monitors = () => board.reports();
  host.onMonitorLine = (listener) => board.onLine(listener);
}
