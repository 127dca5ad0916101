/**
 * `hitless run`: the router in the foreground, with its consoles. On a terminal it has a prompt; with a script it
 * runs that and ends; otherwise it prints its log and is commanded through the socket.
 */
import { openSerial } from '../drivers/serial.ts';
import { ServiceNotify } from '../drivers/service-notify.ts';
import { watchBundles } from '../runtime/index.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import type { ConsoleHost } from './console/host.ts';
import { ownTerminal } from './console/own-terminal.ts';
import { openScript, runScript, type Script } from './console/script.ts';
import { serveSerialDevice } from './console/serial.ts';
import { openConsole } from './console/server.ts';
import { consolePath } from './console/socket-path.ts';
import { type Listener, startHeartbeat } from './heartbeat.ts';
import { LogPrinter } from './log-printer.ts';
import { MonitorBoard, type MonitorMessage } from './monitor-board.ts';
import { type Router, startRouter } from './router.ts';
import { type WatchList, watchList } from './watch.ts';

export interface RunOptions {
  config: string;
  /** In the lab: faults on purpose are allowed, and monitors report over the parent's channel. */
  lab: boolean;
  /** A file of commands, or `-`. */
  script?: string;
  /** Bundles, directories of bundles and sources of modules, swapped in when they are saved. */
  watch?: readonly string[];
}

/** Runs until `quit`, a signal, or the script's end. Answers the exit code. */
export async function run(options: RunOptions): Promise<number> {
  const config = loadConfig(options.config);
  const script = options.script === undefined ? undefined : await openScript(options.script);
  const watched = await watchList(options.watch ?? []);
  try {
    const router = await startRouter(config, { lab: options.lab });
    const service = new ServiceNotify();
    try {
      return await serve(router, config, options.lab, service, script, watched.sources);
    } finally {
      service.stopping();
      service.close();
      await router.stop();
    }
  } finally {
    await watched.close();
  }
}

async function serve(
  router: Router,
  config: Config,
  lab: boolean,
  service: ServiceNotify,
  script: Script | undefined,
  watched: WatchList['sources'],
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
  const tellOfStart = () => {
    for (const { level, text } of router.notices) router.runtime.log(level, text);
  };
  if (lab) watchMonitors(host);
  const signals = { SIGINT: 130, SIGTERM: 0, SIGHUP: 129 } as const;
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => end(code));

  const socket = await openConsole(host, config.console.socket ?? consolePath());
  const closing: (() => unknown)[] = [() => socket.close()];
  try {
    if (config.console.serial !== undefined) {
      const { path, baud } = config.console.serial;
      const serial = await serveSerialDevice(host, {
        path,
        open: () => openSerial(path, baud),
        tell: (level, text) => router.runtime.log(level, text),
      });
      closing.push(() => serial.close());
    }
    const listeners: Listener[] = [serviceListener(service, router)];
    service.ready();
    closing.push(startHeartbeat(listeners));
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
      void terminal.ended.then((why) => end(why === 'hangup' ? signals.SIGHUP : 0));
    }
    tellOfStart();
    await watch();
    return await ended;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Tells the service manager that the router is alive, and which versions it runs. */
function serviceListener(service: ServiceNotify, { runtime }: Router): Listener {
  const versions = () => runtime.modules().map(({ name, version }) => `${name} ${version}`);
  return {
    every: service.every,
    beat() {
      service.beat();
      service.status(versions().join(', ') || 'no modules');
    },
  };
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
