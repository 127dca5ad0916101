import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import t from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { cable, noCable } from './fixtures/cable.ts';
import { folder, pause, until } from './fixtures/remote.ts';

const skip = noCable;
if (skip !== false) t.comment(skip);

function heard(line: Duplex): () => string {
  let text = '';
  line.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  return () => text;
}

function closed(line: Duplex): Promise<void> {
  return new Promise((resolve) => {
    line.once('close', resolve);
    line.destroy();
  });
}

t.test('what is written at one end of a line is read at the other, both ways', { skip }, async (t) => {
  const { left, right } = await cable(t);
  const [a, b] = await Promise.all([openSerial(left, 115_200), openSerial(right, 115_200)]);
  const [atA, atB] = [heard(a), heard(b)];
  a.write('show modules\r');
  b.write('IP 1.0.0\r\n');
  const long = 'x'.repeat(20_000);
  a.write(long);
  t.ok(await until(() => atB() === `show modules\r${long}` && atA() === 'IP 1.0.0\r\n'), atA());
  await Promise.all([closed(a), closed(b)]);
});

t.test('what waits for room is written, also when something was read meanwhile', { skip }, async (t) => {
  const { left, right } = await cable(t);
  const [a, b] = await Promise.all([openSerial(left, 115_200), openSerial(right, 115_200)]);
  const atA = heard(a);
  const long = 'x'.repeat(300_000);
  // The other end reads so slowly that the line is full nearly all the time.
  let read = 0;
  b.on('data', (bytes: Buffer) => {
    const before = read;
    read += bytes.length;
    if (before < long.length / 10 && read >= long.length / 10) b.write('wait\r');
    b.pause();
    setTimeout(() => b.resume(), 10);
  });
  a.write(long);
  t.ok(await until(() => read === long.length, 20_000), `${read} of ${long.length} came`);
  t.equal(atA(), 'wait\r');
  await Promise.all([closed(a), closed(b)]);
});

t.test(
  'a line can be opened again after it was closed, and by one program at a time',
  { skip },
  async (t) => {
    const { left } = await cable(t);
    const first = await openSerial(left, 9600);
    await t.rejects(openSerial(left, 9600), { code: 'SERIAL_OPEN', message: /another program has it open/ });
    await closed(first);
    await closed(await openSerial(left, 9600));
  },
);

t.test('a line that goes away ends the stream', { skip }, async (t) => {
  const { left, socat } = await cable(t);
  const line = await openSerial(left, 115_200);
  const events: string[] = [];
  for (const event of ['end', 'close', 'error']) line.on(event, () => events.push(event));
  line.resume();
  socat.kill('SIGKILL');
  for (let i = 0; i < 20; i++) {
    line.write('anyone there?');
    await pause(5);
  }
  t.ok(await until(() => line.closed));
  t.same(events, ['end', 'close']);
});

t.test('a line that cannot be opened is named, with what to do', async (t) => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await t.rejects(openSerial(join(folder, 'nowhere'), 115_200), {
    code: 'SERIAL_OPEN',
    message: /nowhere: No such file or directory \(there is no such device: /,
  });
  await t.rejects(openSerial(file, 115_200), { code: 'SERIAL_OPEN', message: /this is no serial line/ });
  await t.rejects(openSerial(file, 0), { code: 'SERIAL_OPEN', message: /0 baud is not a speed/ });
});
