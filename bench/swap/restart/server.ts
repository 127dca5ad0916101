/**
 * What people do without hitless: a process of Node that keeps a counter and rows, and answers requests on a Unix
 * socket. Asked to end, it answers what it has, writes its state to a file, and the next one starts from there.
 * The counterpart of the modules that `hitless/bundles.ts` generates.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { deserialize, serialize } from 'node:v8';

interface Row {
  id: number;
  metric: number;
  text: string;
  hits: number;
  version: number;
}

interface State {
  count: number;
  rows: Map<number, Row>;
}

const [path = '', file = '', ...words] = process.argv.slice(2);
const [version = 0, entries = 0, migrate = 0] = words.map(Number);

function initial(): State {
  const rows = new Map<number, Row>();
  for (let id = 0; id < entries; id++)
    rows.set(id, { id, metric: id % 100, text: `entry ${id % 1000}`, hits: 0, version: 0 });
  return { count: 0, rows };
}

const state: State = existsSync(file) ? deserialize(readFileSync(file)) : initial();
if (migrate === 1) for (const [key, row] of state.rows) state.rows.set(key, { ...row, version });

function handle(seq: number): void {
  state.count++;
  if (migrate !== 1) return;
  const key = seq % entries;
  const row = state.rows.get(key)!;
  state.rows.set(key, { ...row, hits: row.hits + 1 });
}

/** What is left of the work, for the proof that nothing was lost. */
function report(): string {
  let hits = 0;
  let stale = 0;
  for (const row of state.rows.values()) {
    hits += row.hits;
    if (row.version !== (migrate === 1 ? version : 0)) stale++;
  }
  return `${state.count} ${state.rows.size} ${hits} ${stale}`;
}

const clients = new Set<Socket>();
const server = createServer((socket) => {
  clients.add(socket);
  socket.on('close', () => clients.delete(socket));
  socket.on('error', () => {});
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === 'report') socket.write(`${report()}\n`);
      else {
        handle(Number(line));
        socket.write(`${line} ${version}\n`);
      }
    }
  });
});
server.listen(path);

process.on('SIGTERM', () => {
  server.close(() => {
    writeFileSync(file, serialize(state));
    process.exit(0);
  });
  for (const socket of clients) socket.pause().end();
  // A client that keeps its end open must not keep the process.
  for (const socket of clients) socket.once('finish', () => socket.destroy());
});
