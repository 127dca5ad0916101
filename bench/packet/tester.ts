/** The tester where no compiler is: does and prints what c/tester.c does and prints, and is slower itself. */
import { createRequire } from 'node:module';
import { loadRawSocket } from '../../drivers/addon.ts';
import { PROTOCOL } from './job.ts';

const PAYLOAD = 64;
const PATIENCE_MS = 3_000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER = 1 << 20;

const [address = '', ...words] = process.argv.slice(2);
const [warmup = 0, singles = 0, bursts = 0, size = 0, window = 0] = words.map(Number);

const socket = loadRawSocket(createRequire(import.meta.url)).createSocket({ protocol: PROTOCOL });
socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
const lines: string[] = [];
let sent = 0;
let received = 0;
let arrived: () => void = () => {};

socket.on('message', (packet: Buffer) => {
  const payload = packet.subarray((packet[0]! & 15) * 4);
  if (payload.length !== PAYLOAD || payload.readUInt32LE(0) !== received) {
    process.stderr.write(`packet ${received} came back as ${payload.length} bytes\n`);
    process.exit(1);
  }
  received++;
  arrived();
});

function nothing(): void {}

function sendOne(): void {
  const payload = Buffer.alloc(PAYLOAD);
  payload.writeUInt32LE(sent++, 0);
  socket.wrap.send(payload, 0, PAYLOAD, address, nothing);
}

/** Calls `each` at every echo until it says that all are there. */
function echoes(each: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    let seen = received;
    const watch = setInterval(() => {
      if (received === seen) end([`lost ${sent - received}`]);
      seen = received;
    }, PATIENCE_MS);
    arrived = () => {
      if (!each()) return;
      clearInterval(watch);
      resolve();
    };
  });
}

function end(last: readonly string[]): void {
  process.stdout.write(`${[...lines, ...last].join('\n')}\n`, () => process.exit(0));
}

for (let i = 0; i < warmup + singles; i++) {
  const back = echoes(() => true);
  const began = process.hrtime.bigint();
  sendOne();
  await back;
  if (i >= warmup) lines.push(`single ${process.hrtime.bigint() - began}`);
}
for (let i = 0; i < bursts; i++) {
  let out = 0;
  let back = 0;
  const all = echoes(() => {
    if (out < size) {
      sendOne();
      out++;
    }
    return ++back === size;
  });
  const began = process.hrtime.bigint();
  for (; out < window && out < size; out++) sendOne();
  await all;
  lines.push(`burst ${process.hrtime.bigint() - began}`);
}
end([`sent ${sent}`, `received ${received}`]);
