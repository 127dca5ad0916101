/**
 * Runs in the router's process before it does (`node --import`), and measures its loop. Commands come over a socket, one a
 * connection: `watch`, `longest` and `collect`.
 */
import { createServer } from 'node:net';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** ms between two looks. */
const RESOLUTION = 1;

let monitor: IntervalHistogram | undefined;

function answer(command: string): string {
  if (command === 'collect') {
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    setFlagsFromString('--no-expose-gc');
    return 'done';
  }
  if (command === 'watch') {
    // One each: a monitor that is enabled again takes the time between for a delay.
    monitor = monitorEventLoopDelay({ resolution: RESOLUTION });
    monitor.enable();
    return 'done';
  }
  monitor?.disable();
  return String(Math.max(0, (monitor?.max ?? Number.NaN) / 1e6 - RESOLUTION));
}

const server = createServer((socket) => {
  socket.setEncoding('utf8').once('data', (command) => socket.end(answer(String(command).trim())));
  socket.on('error', () => socket.destroy());
});
server.listen(process.env.HITLESS_BENCH_SOCKET);
server.unref();
