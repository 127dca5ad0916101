import t from 'tap';

interface Scheduled {
  next(): string | undefined;
  ended(file: string): void;
}
/** The runner is plain JavaScript, without types. */
const { Schedule } = (await import(new URL('./schedule.mjs', import.meta.url).href)) as {
  Schedule: new (files: readonly string[], jobs: number) => Scheduled;
};

const FILES = [
  'test/board/long.boot.test.ts',
  'test/board/short.boot.test.ts',
  'test/board/third.boot.test.ts',
  'test/router/peers.test.ts',
  'test/runtime/deadline.alone.test.ts',
  'test/runtime/long.test.ts',
  'test/runtime/short.test.ts',
];

/** All that may begin now. */
function begun(schedule: Scheduled): string[] {
  const files = [];
  for (let file = schedule.next(); file !== undefined; file = schedule.next()) files.push(file);
  return files;
}

/** Those that may begin as soon as this ended. */
function after(schedule: Scheduled, file: string): string[] {
  schedule.ended(file);
  return begun(schedule);
}

t.test(
  'one board beside other files, two when these have begun, and what needs all at the end',
  async (t) => {
    const schedule = new Schedule(FILES, 3);
    t.same(begun(schedule), [
      'test/board/long.boot.test.ts',
      'test/runtime/long.test.ts',
      'test/runtime/short.test.ts',
    ]);
    t.same(after(schedule, 'test/runtime/long.test.ts'), ['test/router/peers.test.ts']);
    t.same(after(schedule, 'test/runtime/short.test.ts'), ['test/board/short.boot.test.ts']);
    t.same(after(schedule, 'test/router/peers.test.ts'), [], 'no third board at once');
    t.same(after(schedule, 'test/board/long.boot.test.ts'), ['test/board/third.boot.test.ts']);
    t.same(after(schedule, 'test/board/short.boot.test.ts'), []);
    t.same(after(schedule, 'test/board/third.boot.test.ts'), ['test/runtime/deadline.alone.test.ts']);
    t.same(after(schedule, 'test/runtime/deadline.alone.test.ts'), []);
  },
);

t.test('one at a time: no board before quick files', async (t) => {
  const schedule = new Schedule(FILES, 1);
  const order = [];
  for (let file = schedule.next(); file !== undefined; file = schedule.next()) {
    order.push(file);
    t.equal(schedule.next(), undefined);
    schedule.ended(file);
  }
  t.same(order, [
    'test/runtime/long.test.ts',
    'test/runtime/short.test.ts',
    'test/router/peers.test.ts',
    'test/board/long.boot.test.ts',
    'test/board/short.boot.test.ts',
    'test/board/third.boot.test.ts',
    'test/runtime/deadline.alone.test.ts',
  ]);
});
