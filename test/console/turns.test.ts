/** However much the consoles are sent, the router's own work comes in between: counted in turns of the event loop. */
import { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import type { By } from '../../firmware/console/host.ts';
import { serveRequests } from '../../firmware/console/requests.ts';
import { Terminal } from '../../firmware/console/terminal.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';

/** A connection whose client reads as fast as it is answered. */
class Connection extends Duplex {
  received = '';
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.received += chunk;
    done();
  }
}

/** A host that notes in which turn of the loop it was asked for the table of names. */
function counted(t: Test): { host: FakeHost; turns: number[] } {
  const host = new FakeHost();
  const turns: number[] = [];
  let turn = 0;
  let next: NodeJS.Immediate;
  const count = () => {
    turn++;
    next = setImmediate(count);
  };
  next = setImmediate(count);
  t.teardown(() => clearImmediate(next));
  const names = host.runtime.nameTable.bind(host.runtime);
  host.runtime.nameTable = () => {
    turns.push(turn);
    return names();
  };
  return { host, turns };
}

const busiest = (turns: readonly number[]) =>
  Math.max(...turns.map((turn) => turns.filter((other) => other === turn).length));

const request = `${JSON.stringify({ command: 'show names', json: true })}\n`;

function person(t: Test, host: FakeHost, by: By): Connection {
  const line = new Connection();
  const terminal = new Terminal(host, { input: line, output: line, by, quits: 'session', columns: 80 });
  t.teardown(() => terminal.close());
  return line;
}

t.test('between two requests of a client that sends many at once the loop goes round', async (t) => {
  const { host, turns } = counted(t);
  const client = new Connection();
  void serveRequests(host, client);
  t.teardown(() => client.destroy());
  client.push(request.repeat(300));
  await until('all are answered', () => turns.length === 300 || undefined);
  t.equal(busiest(turns), 1);
  t.equal(client.received.split('\n').length - 1, 300);
});

t.test('between two lines of a paste the loop goes round', async (t) => {
  for (const by of ['socket', 'serial', 'terminal'] as const) {
    const { host, turns } = counted(t);
    const line = person(t, host, by);
    line.push('show names\r'.repeat(500));
    await until('all are carried out', () => turns.length === 500 || undefined, 30_000);
    t.equal(busiest(turns), 1, by);
  }
});

t.test('all consoles together do one command in a turn, each in its turn', async (t) => {
  const { host, turns } = counted(t);
  const programs = Array.from({ length: 6 }, () => new Connection());
  for (const client of programs) {
    void serveRequests(host, client);
    t.teardown(() => client.destroy());
    client.push(request.repeat(50));
  }
  const persons = Array.from({ length: 6 }, () => person(t, host, 'socket'));
  for (const line of persons) line.push('show names\r'.repeat(50));
  await until('all are carried out', () => turns.length === 600 || undefined, 30_000);
  t.equal(busiest(turns), 1);
});

t.test('one that has much to say does not keep the others waiting', async (t) => {
  const { host, turns } = counted(t);
  const [greedy, other] = [new Connection(), new Connection()];
  for (const client of [greedy, other]) {
    void serveRequests(host, client);
    t.teardown(() => client.destroy());
  }
  greedy.push(request.repeat(2000));
  await until('it is served', () => turns.length > 10 || undefined);
  other.push(request);
  await until('the other is answered', () => other.received !== '' || undefined);
  t.ok(turns.length < 2000, `after ${turns.length} of 2000`);
});

t.test('lines without a command, and keys without a line, take turns as well', async (t) => {
  const { host, turns } = counted(t);
  const client = new Connection();
  void serveRequests(host, client);
  t.teardown(() => client.destroy());
  let rounds = 0;
  let next = setImmediate(function round() {
    rounds++;
    next = setImmediate(round);
  });
  t.teardown(() => clearImmediate(next));
  client.push(`{"command":""}\n${'\n'.repeat(2000)}${request}`);
  await until('the request behind them is answered', () => turns.length === 1 || undefined);
  t.ok(rounds >= 2000, `the loop went round ${rounds} times`);
});
