/** A serial line, or a pty in its place, as a stream, through the npm package serialport. */
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import type { SerialPort } from 'serialport';
import { DriverError, firstLine } from './errors.ts';

/**
 * Opens a line with 8 data bits, no parity, 1 stop bit, no flow control, for this process alone. The stream
 * emits no `error`: a line that goes away ends it, and what is written from then on goes nowhere. `destroy`
 * closes the line.
 * @param path such as `/dev/ttyUSB0`; always named, because serialport's own search for lines kills the
 *   process where `udevadm` is missing
 * @param baud bits per second; a pty ignores it
 * @throws DriverError (as a rejection) SERIAL_MISSING, SERIAL_OPEN
 */
export async function openSerial(path: string, baud: number): Promise<Duplex> {
  const { SerialPort } = loadSerialPort();
  if (!Number.isInteger(baud) || baud < 1) {
    throw new DriverError('SERIAL_OPEN', `${path}: ${baud} baud is not a speed; 115200 is usual`);
  }
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ path, baudRate: baud, autoOpen: false });
    port.open((error) => {
      if (error === null || error === undefined) {
        pollForAll(port);
        resolve(new SerialLine(port));
      } else reject(new DriverError('SERIAL_OPEN', refusal(path, firstLine(error)), { cause: error }));
    });
  });
}

/** What serialport's poller waits for, as libuv numbers it. */
const EVENTS = { readable: 1, writable: 2, disconnect: 4 };

interface Poller extends EventEmitter {
  poll(events?: number): void;
}

/**
 * When serialport's poller is told to wait for one event, it no longer waits for another (`uv_poll_start` takes the
 * place of the one before): a write that waited for room stood still once something was read, until the next byte
 * came. So it is told to wait for all that somebody listens to.
 */
function pollForAll({ port }: SerialPort): void {
  const poller = (port as { poller?: Poller } | undefined)?.poller;
  if (poller === undefined) return;
  const poll = poller.poll.bind(poller);
  poller.poll = (events = 0) => {
    let all = events;
    for (const [name, event] of Object.entries(EVENTS)) if (poller.listenerCount(name) > 0) all |= event;
    poll(all);
  };
}

/**
 * A stream of its own around serialport's, which leaves the device open and locked when it is destroyed, and
 * does not end when the device goes away.
 */
class SerialLine extends Duplex {
  readonly #port: SerialPort;

  constructor(port: SerialPort) {
    super();
    this.#port = port;
    port.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) port.pause();
    });
    port.on('error', () => this.#lost());
    port.on('close', () => this.#lost());
  }

  override _read(): void {
    this.#port.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const written = (error?: Error | null) => {
      if (error) this.#lost();
      done();
    };
    if (this.#port.isOpen) this.#port.write(bytes, undefined, written);
    else done();
  }

  override _final(done: () => void): void {
    if (this.#port.isOpen) this.#port.drain(() => done());
    else done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#port.isOpen) this.#port.close(() => done(error));
    else done(error);
  }

  #lost(): void {
    if (this.destroyed || this.readableEnded) return;
    this.once('end', () => this.destroy());
    this.push(null);
  }
}

/** Its file with the line alone: the package's own index also loads ten parsers and a mock. */
const SERIALPORT = 'serialport/dist/serialport.js';

function loadSerialPort(): Pick<typeof import('serialport'), 'SerialPort'> {
  try {
    return createRequire(import.meta.url)(SERIALPORT);
  } catch (thrown) {
    throw new DriverError(
      'SERIAL_MISSING',
      `the npm package serialport cannot be loaded (${firstLine(thrown)}). Install it: \`npm install serialport\``,
      { cause: thrown },
    );
  }
}

function refusal(path: string, reason: string): string {
  const said = reason.replace(/^Error:? /, '').replace(/, cannot open .*$/, '');
  const advice: [RegExp, string][] = [
    [/no such file|not found/i, 'there is no such device: name one that exists, `ls /dev/tty* /dev/serial*`'],
    [
      /permission denied/i,
      'add the user to the group dialout, `sudo usermod -aG dialout USER`, and log in again',
    ],
    [/cannot lock|temporarily unavailable|busy/i, 'another program has it open, `fuser -v` tells which'],
    [/inappropriate ioctl|not a tty/i, 'this is no serial line'],
  ];
  const known = advice.find(([pattern]) => pattern.test(said));
  return `${path}: ${said}${known === undefined ? '' : ` (${known[1]})`}`;
}
