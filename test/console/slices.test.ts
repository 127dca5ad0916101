/** Answers of 100,000 rows: however long one is, the router's own work comes in between, at each thing that is done with it. */
import { Duplex } from 'node:stream';
import t, { type Test } from 'tap';
import { textSteps } from '../../firmware/console/execute.ts';
import { filtered } from '../../firmware/console/filters.ts';
import { serveRequests } from '../../firmware/console/requests.ts';
import { inSlices } from '../../firmware/console/slices.ts';
import { tableSteps } from '../../firmware/console/tables.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';

const ROUTES = Array.from({ length: 100_000 }, (_, i) => ({
  prefix: `10.${i >> 8}.${i & 255}.0/24`,
  metric: i,
  via: i % 3 === 0 ? undefined : '10.0.0.1',
}));
const COLUMNS = [
  { title: 'PREFIX', value: (row: (typeof ROUTES)[number]) => row.prefix },
  { title: 'METRIC', value: (row: (typeof ROUTES)[number]) => row.metric },
];
/** The fastest machine needs more than so many slices of 2 ms for each. */
const LEAST_TURNS = 2;

/** The result of the work, and how often the loop goes round meanwhile. */
async function counted<T>(t: Test, work: () => Promise<T>): Promise<{ made: T; turns: number }> {
  let turns = 0;
  let longest = 0;
  let last = performance.now();
  let next = setImmediate(function count() {
    turns++;
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    next = setImmediate(count);
  });
  const made = await work();
  clearImmediate(next);
  t.comment(`${turns} turns, the longest ${longest.toFixed(1)} ms`);
  return { made, turns };
}

t.test('a table, its filters and its text are made in slices', async (t) => {
  const table = await counted(t, () => inSlices(tableSteps(ROUTES, COLUMNS, 'none')));
  t.ok(table.turns > LEAST_TURNS, `${table.turns} turns for the table`);
  t.equal(table.made.length, 100_001);
  t.match(table.made.slice(0, 2), [/^PREFIX +METRIC$/, /^10\.0\.0\.0\/24 +0$/]);

  const answer = { lines: table.made, head: 1, data: ROUTES };
  const include = [{ keep: true, text: '.7.0/24' }];
  const filter = await counted(t, () => inSlices(filtered(answer, include)));
  t.ok(filter.turns > LEAST_TURNS, `${filter.turns} turns for the filter`);
  t.equal(filter.made.lines.length, (filter.made.data as unknown[]).length);
  t.ok(filter.made.lines.every((line) => line.includes('.7.0/24')));

  for (const json of [false, true]) {
    const result = { ok: true, command: 'show ip route', json, ...answer };
    const text = await counted(t, () => inSlices(textSteps(result)));
    t.ok(text.turns > LEAST_TURNS, `${text.turns} turns for the text`);
    if (!json) t.strictSame(text.made, answer.lines);
    else
      t.strictSame(
        JSON.parse(text.made[0]!),
        JSON.parse(JSON.stringify({ ok: true, command: 'show ip route', data: ROUTES })),
      );
  }
});

/** A client that notes each piece that it is sent. */
class Client extends Duplex {
  readonly pieces: string[] = [];
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.pieces.push(chunk.toString());
    done();
  }
  get received(): string {
    return this.pieces.join('');
  }
}

t.test('a program is sent a long answer in pieces, as lines and as JSON', async (t) => {
  const host = new FakeHost();
  const view = {
    words: 'chat rooms',
    description: 'the rooms',
    request: 'rooms',
    columns: [
      { key: 'prefix', title: 'PREFIX' },
      { key: 'via', title: 'VIA' },
      { key: 'nothing', title: 'NOTHING' },
    ],
  };
  host.runtime.ownViews = { OSPF: { rooms: view } };
  host.runtime.answers['OSPF rooms'] = ROUTES;
  for (const json of [false, true]) {
    const client = new Client();
    void serveRequests(host, client);
    t.teardown(() => client.destroy());
    const { turns } = await counted(t, async () => {
      client.push(`${JSON.stringify({ command: 'show chat rooms', json })}\n`);
      const isWhole = () => client.pieces.at(-1)?.endsWith('\n') === true;
      const isAnswer = (piece: string) => piece.includes('"ok":true');
      await until('it is answered', () => (isWhole() && client.pieces.some(isAnswer)) || undefined);
    });
    t.ok(turns > 4 * LEAST_TURNS, `${turns} turns`);
    t.ok(client.pieces.length > 10, `${client.pieces.length} pieces`);
    const lines = client.received
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    if (json)
      t.strictSame(lines, [
        { ok: true, command: 'show chat rooms', data: JSON.parse(JSON.stringify(ROUTES)) },
      ]);
    else t.match(lines, { length: 100_002, 0: { line: /^PREFIX +VIA$/ }, 100001: { ok: true } });
  }
});
