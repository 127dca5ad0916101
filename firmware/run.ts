/**
 * `hitless run`: the router in the foreground, with its consoles. On a terminal it has a prompt; with a script it
 * runs that and ends; otherwise it prints its log and is commanded through the socket.
 */
import { openSerial } from '../drivers/serial.ts';
import { loadConfig } from './config/load.ts';
import { moduleStarts } from './config/modules.ts';
import type { Config } from './config/schema.ts';
import type { ConsoleHost } from './console/host.ts';
import { ownTerminal } from './console/own-terminal.ts';
import { pendingRuntime } from './console/pending-types.ts';
import { openScript, runScript, type Script } from './console/script.ts';
import { serveSerial } from './console/serial.ts';
import { openConsole } from './console/server.ts';
import { consolePath } from './console/socket-path.ts';
import { LogPrinter } from './log-printer.ts';
import { MonitorBoard, type MonitorMessage } from './monitor-board.ts';
import { type Router, startRouter } from './router.ts';

export interface RunOptions {
  config: string;
  /** In the lab: faults on purpose are allowed, and monitors report over the parent's channel. */
  lab: boolean;
  /** A file of commands, or `-`. */
  script?: string;
}

/** Runs until `quit`, a signal, or the script's end. Answers the exit code. */
export async function run(options: RunOptions): Promise<number> {
  const config = loadConfig(options.config);
  const script = options.script === undefined ? undefined : await openScript(options.script);
  const router = await startRouter(config, { lab: options.lab });
  try {
    return await serve(router, config, options.lab, script);
  } finally {
    router.stop();
  }
}

async function serve(
  router: Router,
  config: Config,
  lab: boolean,
  script: Script | undefined,
): Promise<number> {
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const host: ConsoleHost = {
    runtime: pendingRuntime(router.runtime), // PENDING: router.runtime, when it has all that the console asks of it
    configOf: (module) => moduleStarts(config).find((start) => start.module === module)?.config,
    quit: () => end(0),
  };
  if (lab) watchMonitors(host);
  const signals = { SIGINT: 130, SIGTERM: 0, SIGHUP: 129 } as const;
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => end(code));

  const socket = await openConsole(host, config.console.socket ?? consolePath());
  const closing: (() => unknown)[] = [() => socket.close()];
  try {
    if (config.console.serial !== undefined) {
      const { path, baud } = config.console.serial;
      const line = await openSerial(path, baud);
      const serial = serveSerial(host, line);
      closing.push(
        () => serial.close(),
        () => line.destroy(),
      );
    }
    if (script !== undefined) {
      const result = await runScript(host, script, process.stdout);
      return result.ok ? 0 : 1;
    }
    const terminal = ownTerminal(host);
    if (terminal === undefined) {
      const printer = new LogPrinter(process.stdout, config.log.level);
      closing.push(router.runtime.onLog((record) => printer.print(record)));
    } else {
      closing.push(() => terminal.close());
      void terminal.ended.then((why) => end(why === 'hangup' ? signals.SIGHUP : 0));
    }
    return await ended;
  } finally {
    for (const close of closing.reverse()) await close();
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
