/**
 * Sends every packet of the experimental protocol 253 back: through driver, mailbox, module and driver of hitless, or from
 * a raw socket's listener. Prints `ready`, and at SIGTERM `echoed N`.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Runtime } from 'hitless/runtime';
import { loadRawSocket } from '../../drivers/addon.ts';
import { RawIpPort } from '../../drivers/raw-ip.ts';
import { PROTOCOL } from './job.ts';

const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const RECEIVE_BUFFER = 1 << 20;

const ECHO = `const { Module } = require('hitless/runtime');
exports.manifest = {
  api: 1, name: 'ECHO', version: '1.0.0', mailbox: 1024, accepts: {}, sends: {}, subscribes: {}, timers: [],
  ports: ['wire'], state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return {}; }
  onWire({ key, datum: { from, payload } }) { this.ctx.transmit('wire', key, { to: from, payload }); }
};
`;

/** Gives how many were echoed. */
async function throughModule(name: string, directory: string): Promise<() => number> {
  const bundle = join(directory, 'echo-1.0.0.cjs');
  writeFileSync(bundle, ECHO);
  const runtime = new Runtime();
  const { outcome, reason } = await runtime.run([{ change: 'add', module: 'ECHO', bundle }], {
    command: 'add ECHO',
    by: 'bench',
  });
  if (outcome !== 'committed') throw new Error(`ECHO was not added: ${reason}`);
  const port = new RawIpPort({ interface: name, protocol: PROTOCOL });
  runtime.attach('ECHO', 'wire', name, port);
  return () => port.counters.sent;
}

/** @param queued by the package's own `send`, which reports when the socket took it; or by the call beneath */
function fromListener(queued: boolean): () => number {
  let echoed = 0;
  const socket = loadRawSocket(createRequire(import.meta.url)).createSocket({ protocol: PROTOCOL });
  socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
  const count = () => {
    echoed++;
  };
  const done = (error: Error | null) => {
    if (error === null) echoed++;
  };
  socket.on('message', (packet: Buffer, source: string) => {
    const header = (packet[0]! & 15) * 4;
    if (!queued) {
      socket.wrap.send(packet, header, packet.length - header, source, count);
      return;
    }
    // It is sent later, and the buffer is used again for the next packet.
    const payload = Buffer.from(packet.subarray(header));
    (socket as unknown as Queued).send(payload, 0, payload.length, source, done);
  });
  return () => echoed;
}

interface Queued {
  send(bytes: Buffer, offset: number, length: number, to: string, done: (error: Error | null) => void): void;
}

const [side = '', name = '', directory = ''] = process.argv.slice(2);
const echoed = side === 'hitless' ? await throughModule(name, directory) : fromListener(side === 'queued');
process.once('SIGTERM', () => {
  process.stdout.write(`echoed ${echoed()}\n`, () => process.exit(0));
});
process.stdout.write('ready\n');
