import { Duplex } from 'node:stream';
import t from 'tap';
import { serveSerial } from '../../firmware/console/serial.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';

/** A serial line with both ends in this test. */
class Line extends Duplex {
  received = '';
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.received += chunk;
    done();
  }
  async sees(text: string): Promise<void> {
    await until(
      `"${text}" in ${JSON.stringify(this.received)}`,
      () => this.received.includes(text) || undefined,
    );
  }
}

t.test('a serial line has the console, and quit begins the next session', async (t) => {
  const host = new FakeHost();
  const line = new Line();
  const serial = serveSerial(host, line);
  for (let round = 0; round < 20; round++) {
    line.received = '';
    line.push('disable OSPF\r\nquit\r\n');
    await line.sees('this session ends, the router goes on');
    await line.sees(
      'serial console: "help" lists the commands, "monitor on" shows the log\r\n\u001b[1G\u001b[0Jhitless> ',
    );
  }
  t.equal(host.quits, 0);
  t.equal(host.runtime.calls[0]?.origin.by, 'serial');
  t.ok(line.listenerCount('error') < 5, 'listeners do not pile up');
  t.equal(host.runtime.sinks.size, 1);
  serial.close();
  t.equal(await serial.ended, 'closed');
  t.equal(host.runtime.sinks.size, 0);
});

t.test('noise on the line is no command', async (t) => {
  const host = new FakeHost();
  const line = new Line();
  const serial = serveSerial(host, line);
  line.push(Buffer.from([0, 0xff, 0x80, 0x1c, 0x0d]));
  await line.sees('LINE_NOT_UTF8');
  line.push('settimer\r');
  await line.sees('preparation time 2s');
  serial.close();
  t.equal(host.runtime.calls.length, 0);
});

t.test('the session ends with the line', async (t) => {
  const host = new FakeHost();
  const line = new Line();
  const serial = serveSerial(host, line);
  line.destroy(new Error('unplugged'));
  t.equal(await serial.ended, 'hangup');
  host.runtime.log({ text: 'nobody listens' });
  t.equal(host.runtime.sinks.size, 0);
});

t.test('a session that crashes is followed by another', async (t) => {
  const host = new FakeHost();
  const line = new Line();
  const serial = serveSerial(host, line);
  host.runtime.log({ level: 'error', text: { toString: 'no text' } as never });
  await line.sees('INTERNAL');
  line.received = '';
  await line.sees('hitless> ');
  line.push('settimer\r');
  await line.sees('preparation time 2s');
  serial.close();
  t.equal(await serial.ended, 'closed');
});

t.test('a line that was cut for its length is refused, even if it is shortened afterwards', async (t) => {
  const host = new FakeHost();
  const line = new Line();
  const serial = serveSerial(host, line);
  line.push(`settimer 7s #${'x'.repeat(5000)}${'\u007f'.repeat(1000)}\r`);
  await line.sees('LINE_TOO_LONG');
  t.equal(host.runtime.preparation, 2000);
  line.push(`settimer 8s #${'x'.repeat(5000)}\u0015settimer 9s\r`);
  await line.sees('preparation time 9s');
  serial.close();
});
