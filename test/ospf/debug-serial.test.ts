/** `debug ospf` over the serial line of a running router: the line shows what is asked for there alone, and stays of use. */
import t, { type Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { Pty } from '../console/fixtures/pty.ts';
import { Screen } from '../console/fixtures/screen.ts';
import { cable, noCable } from '../drivers/fixtures/cable.ts';
import { eventually } from '../lab/lab-under-test.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { HITLESS } from '../router/router-lab.ts';
import { frrLink, frrRouter, POINT_TO_POINT, TIMERS } from './lines.ts';
import { OspfPlace, SOURCES } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || noCable;
const PATIENCE = 60_000;
const NEXT = '3.0.901';
const BAUD = 115_200;
const CTRL_C = '\u0003';
/** Lines that are of `debug ospf packet` alone. */
const PACKET = /: Hello, |LS-Update|LS-Ack/;
const RECEIVED = / received on lan0: 10\.9\.0\.2 > 224\.0\.0\.5: Hello, /;

/** A person at the far end of the line, whose terminal is wide enough. */
class Person {
  #heard = '';
  readonly #path: string;
  #line: Awaited<ReturnType<typeof openSerial>> | undefined;

  constructor(t: Test, path: string) {
    this.#path = path;
    t.teardown(() => this.#line?.destroy());
  }

  async plugIn(): Promise<void> {
    this.#line = await openSerial(this.#path, BAUD);
    this.#line.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('utf8');
    });
  }

  async unplug(): Promise<void> {
    await new Promise((resolve) => this.#line!.once('close', resolve).destroy());
  }

  /** The screen, of all that came since it was cleared. */
  get screen(): string {
    return new Screen(500).write(this.#heard).seen.join('\n');
  }

  clear(): void {
    this.#heard = '';
  }

  /** Types keys, on a clear screen. */
  type(keys: string): void {
    this.clear();
    this.#line!.write(keys);
  }

  async hears(pattern: RegExp): Promise<void> {
    await eventually(`${pattern}`, PATIENCE, () => pattern.test(this.screen) || undefined).catch(
      (thrown: Error) => {
        throw new Error(`${thrown.message}; the screen is\n${this.screen.slice(-2000)}`);
      },
    );
  }

  /** A command is carried out, and its answer is followed by a prompt and no packet. */
  async commands(t: Test): Promise<void> {
    this.type('show ip ospf neighbor\r');
    await this.hears(/10\.1\.0\.2 +\d+ +Full[\s\S]*hitless>$/);
    t.notMatch(this.screen, PACKET, 'no packet is shown any more');
  }
}

/** The router with its console on a line, beside FRR; a person at the line, and another one with the log on the socket. */
async function scene(t: Test) {
  const place = await OspfPlace.make(t);
  await place.bundle('ospf', NEXT);
  const { left, right } = await cable(t);
  const peer = place.peer('frr');
  NetworkNamespace.join([place.router, 'lan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
  await place.frr(t, peer, frrLink('eth0', '0.0.0.0') + frrRouter('10.1.0.2', '0.0.0.0'));
  const person = new Person(t, right);
  await person.plugIn();
  await place.start({
    id: '10.1.0.1',
    ip: { interfaces: { lan0: {} } },
    ospf: { timers: TIMERS, interfaces: { lan0: POINT_TO_POINT } },
    others: { console: { serial: { path: left, baud: BAUD } }, log: { level: 'debug' } },
  });
  await person.hears(/serial console[\s\S]*hitless>$/);
  await place.comesTo('10.1.0.2', 'Full');
  const other = new Pty(t, 200, [process.execPath, HITLESS, 'console', place.socket]);
  await other.until('the prompt', (screen) => screen.seen.at(-1) === 'hitless>');
  other.type('monitor on\r');
  await other.until('the log is on', (screen) => screen.seen.at(-1) === 'hitless>');
  return { place, person, other };
}

t.test('debug ospf packet on the serial line of a running router', { skip }, async (t) => {
  const { place, person, other } = await scene(t);

  await t.test('packets are shown as they come, until Ctrl-C; then a command works', async (t) => {
    person.type('debug ospf packet\r');
    await person.hears(RECEIVED);
    await person.hears(/ sent on lan0: 10\.9\.0\.1 > 224\.0\.0\.5: Hello, /);
    person.type(CTRL_C);
    await person.hears(/\(\d+ shown\)\s+[\s\S]*hitless>$/);
    await person.commands(t);
  });

  await t.test('it ends with its time, and what is typed meanwhile is carried out then', async (t) => {
    person.type('debug ospf packet lan0 for 3s\r');
    await person.hears(RECEIVED);
    person.type('show ip ospf neighbor\r');
    await person.hears(/\(\d+ shown\)[\s\S]*10\.1\.0\.2 +\d+ +Full[\s\S]*hitless>$/);
    await person.commands(t);
  });

  await t.test('it goes on over a swap of OSPF', async () => {
    person.type('debug ospf packet\r');
    await person.hears(RECEIVED);
    await place.run(`replace OSPF ospf@${NEXT}`);
    person.clear();
    await person.hears(RECEIVED);
    await place.run(`replace OSPF ospf@${SOURCES}`);
  });

  await t.test('whoever unplugs the line and plugs it in finds it, and ends it', async (t) => {
    await person.unplug();
    await person.plugIn();
    person.clear();
    await person.hears(RECEIVED);
    person.type(CTRL_C);
    await person.hears(/\(\d+ shown[\s\S]*hitless>$/);
    await person.commands(t);
  });

  t.match(other.output, /replace OSPF ospf@/, 'the other session has the log');
  t.notMatch(other.output, PACKET, 'and no packet');
  t.notMatch(place.output, PACKET, 'nor has the log');
});
