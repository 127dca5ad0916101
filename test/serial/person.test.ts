import type { Duplex } from 'node:stream';
import { Duplex as Stream } from 'node:stream';
import type { Test } from 'tap';
import t from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { exec } from '../../firmware/console/client.ts';
import { serveSerial, serveSerialDevice } from '../../firmware/console/serial.ts';
import { encodeFrame, type Frame } from '../../firmware/line/frame.ts';
import { FakeHost } from '../console/fixtures/fake-router.ts';
import { until } from '../console/fixtures/pty.ts';
import { Text } from '../console/fixtures/text.ts';
import { randomFrom } from '../random.ts';
import { type Faults, Relay, skip } from './relay.ts';

/** A line whose other end is this test. */
class Line extends Stream {
  received = '';
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.received += chunk;
    done();
  }
  async sees(text: string | RegExp): Promise<void> {
    const seen = () => (typeof text === 'string' ? this.received.includes(text) : text.test(this.received));
    await until(`${text} in ${JSON.stringify(this.received.slice(-600))}`, () => seen() || undefined);
  }
}

function served(t: Test, patience?: number): { host: FakeHost; line: Line } {
  const [host, line] = [new FakeHost(), new Line()];
  const serial = serveSerial(host, line, patience);
  t.teardown(() => serial.close());
  return { host, line };
}

const frame = (kind: Frame['kind'], session = '0123abcd', data = ''): string =>
  encodeFrame({ from: 'host', kind, session, offset: 0, expected: 0, data: Buffer.from(data) });

async function relayed(t: Test, faults: Partial<Faults>): Promise<{ host: FakeHost; relay: Relay }> {
  const relay = await Relay.open(t, faults);
  const host = new FakeHost();
  const open = () => openSerial(relay.router, 115_200);
  const serving = await serveSerialDevice(host, { path: relay.router, open, tell: () => {} });
  t.teardown(() => serving.close());
  return { host, relay };
}

async function terminalAt(t: Test, path: string): Promise<{ line: Duplex; heard: () => string }> {
  const line = await openSerial(path, 115_200);
  t.teardown(() => line.destroy());
  let heard = '';
  line.on('data', (chunk: Buffer) => {
    heard += chunk;
  });
  return { line, heard: () => heard };
}

t.test(
  'a paste of 100 lines at 115,200 baud loses no character, whatever runs meanwhile',
  { skip, timeout: 90_000 },
  async (t) => {
    const { host, relay } = await relayed(t, { pace: 11_520 });
    const { line, heard } = await terminalAt(t, relay.host);
    host.runtime.takes = 20;
    const file = (i: number) => `/tmp/${String(i).padStart(3, '0')}${'x'.repeat(80)}`;
    line.write('replace IP ip@2.0.0\r');
    line.write(Array.from({ length: 100 }, (_, i) => `checkpoint OSPF ${file(i)}\r`).join(''));
    await until('all are carried out', () => host.runtime.asked.length >= 100 || undefined, 60_000);
    const files = host.runtime.asked.map(([, given]) => given?.file);
    t.same(
      files,
      Array.from({ length: 100 }, (_, i) => file(i)),
    );
    t.equal(host.runtime.calls.length, 1);
    t.notMatch(heard(), /LINE_|COMMAND_/);
  },
);

t.test(
  'what is typed while a command runs is kept up to a bound; a line that did not fit is refused whole',
  async (t) => {
    const { host, line } = served(t);
    host.runtime.takes = 300;
    line.push('replace IP ip@2.0.0\r');
    await line.sees('disable..');
    const many = `settimer 7s #${'x'.repeat(1988)}\r`.repeat(150);
    for (let at = 0; at < many.length; at += 4096) line.push(many.slice(at, at + 4096));
    line.push('settimer 9s\r');
    await until('all is carried out', () => (host.runtime.preparation === 7000 ? true : undefined));
    await line.sees(/LINE_NOT_UTF8|LINE_NOISY/);
  },
);

t.test('what is typed behind quit is for the next session, however much it is', async (t) => {
  const { host, line } = served(t);
  line.push('quit\rsettimer 6s\r');
  await line.sees('preparation time 6s');
  host.runtime.takes = 300;
  line.push('replace IP ip@2.0.0\r');
  await line.sees('disable..');
  // More than a session takes while a command runs: it stops reading.
  const many = `settimer 7s #${'x'.repeat(1988)}\r`.repeat(8);
  line.push('quit\r');
  for (let at = 0; at < many.length; at += 4096) line.push(many.slice(at, at + 4096));
  line.push('settimer 9s\r');
  await until('all is carried out', () => (host.runtime.preparation === 9000 ? true : undefined));
  t.equal(line.received.split('preparation time 7s').length - 1, 8);
  t.equal(line.received.split('Non-Stop Router, serial console').length - 1, 3, 'two sessions ended');
});

t.test('noise never carries a command out, not even one of before', async (t) => {
  const { host, line } = served(t);
  line.push('disable OSPF\r');
  await line.sees('transaction 1 committed');
  const bytes = (...list: number[]) => line.push(Buffer.from(list));
  // Garbage, then the keys "the line before" and Enter.
  bytes(0xff, 0x10, 0x0d);
  bytes(0xff, 0x0d, 0x10, 0x0d, 0x1b, 0x5b, 0x41, 0x0d);
  bytes(0x00, 0x15, 0x10, 0x0d);
  bytes(0xff, 0x0d, 0x10, 0x10, 0x0d, 0x1b, 0x5b, 0x41, 0x1b, 0x5b, 0x41, 0x0d);
  const chance = randomFrom(4711);
  for (let i = 0; i < 400; i++)
    line.push(Buffer.from(Array.from({ length: 100 }, () => Math.floor(chance() * 256))));
  bytes(0x03, 0x0d);
  await until('the noise was read', () => (line.readableLength === 0 ? true : undefined));
  // An unfinished frame in the noise is given up when nothing has come for a while.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  // What follows the noise on its line is refused with it.
  line.push('\r\rsettimer 6s\r');
  await until('the console is alive', () => (host.runtime.preparation === 6000 ? true : undefined));
  t.equal(host.runtime.calls.length, 1);
  // A whole command was understood: the keys of an editor count again.
  host.runtime.preparation = 2000;
  line.push('\u001b[A\r');
  await until('the line before comes back', () => (host.runtime.preparation === 6000 ? true : undefined));
  t.equal(host.runtime.calls.length, 1);
});

t.test('a command with noise in it is refused, and says why', async (t) => {
  const { host, line } = served(t);
  line.push(Buffer.from('disable \u0000 OSPF\r'));
  await line.sees('LINE_NOISY: there was noise on the serial line');
  line.push('disable OS\u001e7x\rPF\r');
  await line.sees('LINE_NOT_UTF8');
  line.push('settimer 6s\r');
  await line.sees('preparation time 6s');
  t.equal(host.runtime.calls.length, 0);
});

t.test(
  'a program takes the line from a person in the middle of a word, and gives it back',
  { skip },
  async (t) => {
    const { host, relay } = await relayed(t, {});
    const terminal = await openSerial(relay.host, 115_200);
    terminal.write('disab');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await new Promise((resolve) => terminal.once('close', resolve).destroy());
    const [output, errors] = [new Text(), new Text()];
    t.equal(await exec('settimer 4', { path: relay.host, output, errors }), 0);
    t.equal(output.text, 'preparation time 4s\n');
    const { line, heard } = await terminalAt(t, relay.host);
    line.write('le OSPF\r');
    await until(`the rest counts: ${heard()}`, () =>
      heard().includes('transaction 1 committed') ? true : undefined,
    );
    t.match(host.runtime.calls[0]?.changes, [{ change: 'disable', module: 'OSPF' }]);
  },
);

t.test(
  'while a program has the line, what is no frame is no command; when it is silent, the prompt comes back',
  async (t) => {
    const { host, line } = served(t, 300);
    line.push(frame('hello'));
    await line.sees('<H0123abcd');
    line.push('disable OSPF\r');
    line.push(frame('ping').replace('>P', '>Q'));
    await line.sees('<N0123abcd');
    line.push('disable OSPF\r\ndisable OSPF\n');
    line.received = '';
    await line.sees('hitless> ');
    line.push('settimer 6s\r');
    await line.sees('preparation time 6s');
    t.equal(host.runtime.calls.length, 0);
    line.push(frame('data', 'ffff0000', 'anything'));
    await line.sees('<Rffff0000');
  },
);

t.test('a frame in which any one bit is flipped, or any byte is missing, carries nothing out', async (t) => {
  const { host, line } = served(t);
  line.push('disable OSPF\r'); // something to bring back
  await line.sees('transaction 1 committed');
  const hello = Buffer.from(frame('hello'));
  for (let bit = 0; bit < hello.length * 8; bit++) {
    const bad = Buffer.from(hello);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    line.push(bad);
    line.push(Buffer.from('\n'));
    const short = Buffer.concat([hello.subarray(0, bit >> 3), hello.subarray((bit >> 3) + 1)]);
    if ((bit & 7) === 0) line.push(short);
    line.push(frame('bye'));
  }
  await until('all was read', () => (line.readableLength === 0 ? true : undefined));
  line.push('\rsettimer 6s\r');
  await until('the console is alive', () => (host.runtime.preparation === 6000 ? true : undefined));
  t.equal(host.runtime.calls.length, 1);
});

t.test(
  'text of the kernel between and in the frames, and an echo of them, do no harm',
  { skip },
  async (t) => {
    const { host, relay } = await relayed(t, {});
    // What the relay delivers towards the host comes with the echo of what the host sent, and with messages of a kernel.
    const { toHost, toRouter } = relay;
    const [take, heard] = [toHost.take.bind(toHost), toRouter.take.bind(toRouter)];
    let count = 0;
    toHost.take = (bytes) => {
      const message = Buffer.from(`[   12.34567${count}] usb 1-1: new device\r\n`);
      const at = ++count % 3 === 0 ? Math.floor(bytes.length / 2) : bytes.length;
      take(Buffer.concat([bytes.subarray(0, at), message, bytes.subarray(at)]));
    };
    toRouter.take = (bytes) => {
      heard(bytes);
      take(bytes);
    };
    for (let i = 1; i < 6; i++) {
      const [output, errors] = [new Text(), new Text()];
      t.equal(await exec(`settimer ${i}`, { path: relay.host, output, errors }), 0, errors.text);
      t.equal(output.text, `preparation time ${i}s\n`);
      t.equal(host.runtime.preparation, i * 1000);
    }
    t.ok(count > 5);
  },
);

for (const [name, enter] of [
  ['CR', '\r'],
  ['LF', '\n'],
  ['CR LF', '\r\n'],
  ['CR NUL, as telnet has it,', '\r\0'],
] as const) {
  t.test(`${name} is one Enter, whole or in two pieces, and no noise`, async (t) => {
    const { host, line } = served(t);
    const halves = [...enter];
    for (let i = 1; i <= 3; i++) {
      line.push(`settimer ${i}s${enter}`);
      await line.sees(`preparation time ${i}s`);
      line.push(`settimer ${i}${i}s`);
      for (const half of halves) {
        line.push(half);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await line.sees(`preparation time ${i}${i}s`);
    }
    line.push(`settimer 4s${enter}settimer 5s${enter}`);
    await line.sees('preparation time 5s');
    t.notMatch(line.received, /LINE_/);
    t.equal(line.received.split('preparation time').length - 1, 8, 'each was one line');
    t.equal(line.received.split('\u001b[0Jhitless> ').length - 1, 9, 'and there was no empty one');
    t.equal(host.runtime.preparation, 5000);
  });
}

t.test('a NUL that does not follow a CR is noise, also behind CR NUL', async (t) => {
  const { host, line } = served(t);
  line.push('settimer 7s\r\0\0settimer 8s\r\0');
  await line.sees('LINE_NOISY');
  t.equal(host.runtime.preparation, 7000);
  line.push('settimer 9s\r\0');
  await line.sees('preparation time 9s');
});

t.test(
  'a frame that a terminal server ends with CR NUL leaves nothing on the line of a person',
  async (t) => {
    const { line } = served(t);
    line.push(frame('hello').replace('\n', '\r\0'));
    await line.sees('<H0123abcd');
    line.push(frame('bye').replace('\n', '\r'));
    await line.sees('<B0123abcd');
    line.push('\0settimer 7s\r\0');
    await line.sees(/preparation time 7s|LINE_/);
    t.notMatch(line.received, /LINE_/);
  },
);
