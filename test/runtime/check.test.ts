/** A dry run finds what would make a transaction abort, says how long it would take, and changes nothing. */
import v8 from 'node:v8';
import t, { type Test } from 'tap';
import type { Change, CheckReport, RuntimeOptions, Table } from '../../runtime/index.ts';
import { coreOf } from '../../runtime/state/table.ts';
import { type Source, sleep, Workshop } from './workshop.ts';

const BY = { command: 'check', by: 'test' };
const ROWS = 500;

/** W has rows, a timer, a subscription and a message; S sends to it. */
const w = (version: string, state = '{ version: 1, tables: { rows: {} } }', methods = ''): Source => ({
  name: 'W',
  version,
  manifest: `names: ['WORK'], accepts: { put: [1], ping: [1] }, publishes: { told: 1 }, sends: { S: { note: 1 } }, subscribes: { link: [1] },
    timers: ['beat'], ports: ['wire'], state: ${state}`,
  head: `const { Table } = require('hitless/runtime');
    const burn = (ms) => { const end = process.hrtime.bigint() + BigInt(ms * 1e6); while (process.hrtime.bigint() < end); };`,
  methods: `${methods.includes('initial(') ? '' : `initial(rows) { return { n: 1, list: [1], rows: new Table(rows ?? []) }; }`}
    ${/(^|\s)start\(/.test(methods) ? '' : `start() { this.ctx.setTimer('beat', '', 3_600_000); this.ctx.send('S', 'note', 1); this.ctx.publish('told', 1, { retain: 'x' }); this.ctx.transmit('wire', 'a', 1); }`}
    onPut({ body: [key, row] }) { this.state.rows.set(key, row); } onPing() { return this.ctx.version; }
    onLink() { this.state.n++; } onBeat() {} onWire() {} ${methods}`,
});
const S: Source = {
  name: 'S',
  version: '1.0.0',
  manifest: `accepts: { note: [1] }, sends: { W: { put: 1 } }`,
  methods: `onNote() {}`,
};
const TWO = (handlers: string, rows = `up: { 1: (row) => ({ two: row.v }) }`) =>
  `{ version: 2, tables: { rows: { ${rows} } }, ${handlers} }`;
const UP = `up: { 1: (old) => ({ ...old, era: 2 }) }`;

class Stage {
  readonly shop: Workshop;
  opened = 0;

  constructor(t: Test, options: RuntimeOptions = {}) {
    this.shop = new Workshop(t, {
      ...options,
      ports: (_module, port) => [
        [
          'a',
          {
            open: () => void this.opened++,
            send: () => 'sent' as const,
            close: () => void (port.length > 0 && this.opened--),
          },
        ],
      ],
    });
  }

  async start(): Promise<this> {
    const { shop } = this;
    await shop.add('S', shop.bundle(S));
    await shop.add(
      'W',
      shop.bundle(w('1.0.0')),
      Array.from({ length: ROWS }, (_, v) => [`k${v}`, { v }]),
    );
    await shop.runtime.ask('W', 'ping');
    return this;
  }

  check(...changes: Change[]): Promise<CheckReport> {
    return this.shop.runtime.check(changes, BY);
  }

  replace(source: Source): Promise<CheckReport> {
    return this.check({ change: 'replace', module: 'W', bundle: this.shop.bundle(source) });
  }

  get state(): { rows: Table<string, unknown> } {
    return this.shop.runtime.names.resolve('W')!.state as { rows: Table<string, unknown> };
  }

  /** Everything that anybody could see, and what nobody should. */
  seen(): unknown {
    const { runtime, log } = this.shop;
    const { rows, ...plain } = this.state;
    const { cells, side, migration, checkpoint } = coreOf(rows);
    return {
      modules: runtime.modules().map(({ timers, ...rest }) => ({
        ...rest,
        timers: timers.map(({ type, key }) => `${type} ${key}`),
      })),
      queues: runtime.queues(),
      names: runtime.nameTable(),
      events: runtime.eventTable(),
      versions: runtime.versions(),
      history: runtime.history.length,
      faults: runtime.faults!.list(),
      probation: runtime.probation,
      log: log.length,
      ports: this.opened,
      state: v8.serialize(plain).toString('hex'),
      rows: v8.serialize([...rows]).toString('hex'),
      cells: [...cells.values()].map(({ a, b, c }) => [a, b, c].filter((row) => row !== undefined).length),
      side,
      carried: [migration, checkpoint].filter((each) => each !== undefined).length,
    };
  }
}

const MODES = [
  ['development', true],
  ['production', false],
] as const;

for (const [mode, development] of MODES) {
  t.test(`nothing is changed by a check of any change (${mode})`, async (t) => {
    const stage = await new Stage(t, { development }).start();
    const { shop } = stage;
    const spins = { ...w('6.0.0', TWO(`up: { 1: () => { for (;;); } }`)) };
    for (const source of [
      w('1.1.0'),
      w('2.0.0', TWO(UP)),
      {
        name: 'X',
        version: '1.0.0',
        manifest: `names: ['EX'], ports: ['p'], subscribes: { link: [1] }, timers: ['t']`,
        methods: `onLink() {} onP() {} onT() {} start() { this.ctx.setTimer('t', '', 1); }`,
      },
      w('3.0.0', TWO(UP), `start() { this.state.rows.clear(); this.state.n = 9; throw new Error('x'); }`),
      w(
        '1.3.0',
        undefined,
        `start() { this.state.n = 9; this.state.rows.set('k1', 0); this.state.list.push(2); }`,
      ),
      w(
        '5.0.0',
        TWO(
          `up: { 1: (old) => { old.n = 7; old.list.push(1); return old; } }`,
          `up: { 1: (row) => { row.v = 'written'; return row; } }`,
        ),
      ),
      spins,
      { name: 'S', version: '1.1.0', manifest: S.manifest!, methods: S.methods! },
    ])
      shop.bundle(source);
    shop.runtime.preparation = 200;
    shop.runtime.faults!.set('W', 'refuse');
    const put = shop.runtime.send('W', 'put', ['last', { v: 1 }]);
    t.equal(put, 'queued');
    await shop.runtime.ask('W', 'ping');
    const before = stage.seen();
    const groups: Change[][] = [
      ...['1.1.0', '2.0.0', '3.0.0', '1.3.0', '5.0.0', '6.0.0'].map((version): Change[] => [
        { change: 'replace', module: 'W', bundle: `w@${version}` },
      ]),
      [{ change: 'add', module: 'X', bundle: 'x@1.0.0' }],
      [{ change: 'remove', module: 'S', force: true }],
      [{ change: 'disable', module: 'W' }],
      [
        { change: 'replace', module: 'W', bundle: 'w@2.0.0' },
        { change: 'replace', module: 'S', bundle: 's@1.1.0' },
        { change: 'add', module: 'X', bundle: 'x@1.0.0' },
      ],
    ];
    for (const changes of groups) {
      const report = await stage.check(...changes);
      t.equal(report.members.length, changes.length);
      t.same(stage.seen(), before, `after ${changes.map(({ change, module }) => `${change} ${module}`)}`);
    }
    await sleep(20);
    t.same(stage.seen(), before, 'nor a while later');
    t.equal(await shop.runtime.ask('W', 'ping'), '1.0.0');
    shop.runtime.faults!.clear();
    t.equal((await shop.replace('W', 'w@2.0.0', 'S', 's@1.1.0')).outcome, 'committed', 'and it can be done');
  });

  t.test(`it tells what each module would become (${mode})`, async (t) => {
    const stage = await new Stage(t, { development }).start();
    const { shop } = stage;
    shop.bundle({ name: 'X', version: '1.0.0' });
    shop.bundle({ ...S, version: '1.1.0' });
    shop.bundle(w('2.0.0', TWO(UP)));
    const report = await stage.check(
      { change: 'replace', module: 'W', bundle: 'w@2.0.0' },
      { change: 'replace', module: 'S', bundle: 's@1.1.0' },
      { change: 'add', module: 'X', bundle: 'x@1.0.0' },
    );
    t.match(report, { command: 'check', by: 'test', ok: true, problems: [], warnings: [] });
    t.strictSame(
      report.members.map(({ blackout: _, ...rest }) => rest),
      [
        {
          module: 'W',
          change: 'replace',
          from: '1.0.0',
          to: '2.0.0',
          stateFrom: 1,
          stateTo: 2,
          how: 'migrated',
          tables: [{ name: 'rows', rows: ROWS, migrated: true }],
          waiting: 0,
          quiescent: true,
        },
        {
          module: 'S',
          change: 'replace',
          from: '1.0.0',
          to: '1.1.0',
          stateFrom: 1,
          stateTo: 1,
          how: 'adopted',
          tables: [],
          waiting: 0,
          quiescent: true,
        },
        {
          module: 'X',
          change: 'add',
          from: '',
          to: '1.0.0',
          stateFrom: 0,
          stateTo: 1,
          how: 'initial',
          tables: [],
          waiting: 0,
          quiescent: true,
        },
      ],
    );
    t.match((await stage.check({ change: 'remove', module: 'S', force: true })).members, [
      { change: 'remove', how: 'dropped', from: '1.0.0', to: '', stateFrom: 1, stateTo: 0 },
    ]);
  });
}

// --- what would make it abort

const PROBLEMS: [string, Source, RegExp][] = [
  [
    'a state handler throws',
    w('2.0.0', TWO(`up: { 1: () => { throw new Error('no way'); } }`)),
    /W 2\.0\.0: carrying the state threw Error: no way/,
  ],
  [
    'a state handler spins',
    w('2.0.0', TWO(`up: { 1: () => { for (;;); } }`)),
    /W 2\.0\.0: HOOK_CUT: carrying the state did not return within 200 ms/,
  ],
  [
    'a state handler writes what it is given',
    w('2.0.0', TWO(`up: { 1: (old) => { old.n = 7; return { ...old }; } }`)),
    /a state handler of 2\.0\.0 wrote the state of 1\.0\.0/,
  ],
  [
    'a state handler makes no plain data',
    w('2.0.0', TWO(`up: { 1: (old) => ({ ...old, f: () => 1 }) }`)),
    /state\.f is a function/,
  ],
  [
    'a row handler throws for one key',
    w('2.0.0', TWO(UP, `up: { 1: (row, key) => { if (key === 'k77') throw new Error('odd'); return {}; } }`)),
    /table "rows", key "k77": its row handler threw Error: odd/,
  ],
  [
    'a row handler spins for one key',
    w('2.0.0', TWO(UP, `up: { 1: (row, key) => { if (key === 'k77') for (;;); return {}; } }`)),
    /W 2\.0\.0: HOOK_CUT: carrying the state did not return within \d+ ms/,
  ],
  [
    'start throws',
    w('1.1.0', undefined, `start() { throw new Error('no start'); }`),
    /start threw Error: no start/,
  ],
  [
    'start spins',
    w('1.1.0', undefined, `start() { for (;;); }`),
    /HOOK_CUT: start did not return within 200 ms/,
  ],
  [
    'start writes the state',
    w('1.1.0', undefined, `start() { this.state.n = 2; }`),
    /STATE_WRITTEN: .*start of 1\.1\.0 wrote the state of 1\.0\.0/,
  ],
  [
    'start answers a promise',
    w('1.1.0', undefined, `async start() { await 1; }`),
    /start answered a promise/,
  ],
];

for (const [what, source, problem] of PROBLEMS) {
  t.test(`a check finds that ${what}, and so does the transaction`, async (t) => {
    const stage = await new Stage(t).start();
    stage.shop.runtime.preparation = 200;
    const report = await stage.replace(source);
    t.equal(report.ok, false);
    t.match(report.problems, [problem]);
    const done = await stage.shop.replace('W', `w@${source.version}`);
    t.equal(done.outcome, 'aborted');
    t.equal(await stage.shop.runtime.ask('W', 'ping'), '1.0.0');
  });
}

t.test('what a check finds nothing wrong with is committed', async (t) => {
  for (const source of [w('1.1.0'), w('2.0.0', TWO(UP))]) {
    const stage = await new Stage(t).start();
    const report = await stage.replace(source);
    t.match(report, { ok: true, problems: [] });
    t.equal((await stage.shop.replace('W', `w@${source.version}`)).outcome, 'committed');
  }
});

t.test('a problem of one member is told with all members', async (t) => {
  const stage = await new Stage(t).start();
  const { shop } = stage;
  shop.bundle({ name: 'X', version: '1.0.0', methods: `initial() { throw new Error('no config'); }` });
  shop.bundle(w('2.0.0', TWO(`up: { 1: () => { throw new Error('no way'); } }`)));
  const report = await stage.check(
    { change: 'replace', module: 'W', bundle: 'w@2.0.0' },
    { change: 'add', module: 'X', bundle: 'x@1.0.0' },
  );
  t.match(report.problems, [/W 2\.0\.0.*no way/, /X 1\.0\.0.*no config/]);
  t.equal(report.members.length, 2);
});

// --- what is a fact, and no problem

t.test('a module that is busy or would not agree now is a fact, and no problem', async (t) => {
  const shop = new Workshop(t);
  const busy: Source = {
    name: 'B',
    version: '1.0.0',
    manifest: `accepts: { work: [1], no: [1] }, sends: { NOBODY: { x: 1 } }`,
    methods: `initial() { return { no: '' }; } *onWork({ body }) { for (let i = 0; i < body; i++) yield 'slice'; }
      onNo({ body }) { this.state.no = body; } isQuiescent() { if (this.state.no === 'spin') for (;;); if (this.state.no === 'throw') throw new Error('x'); return this.state.no || true; }`,
  };
  await shop.add('B', shop.bundle(busy));
  const check = () =>
    shop.runtime.check(
      [{ change: 'replace', module: 'B', bundle: shop.bundle({ ...busy, version: '1.1.0' }) }],
      BY,
    );
  const facts = async () => {
    const { ok, problems, members, warnings } = await check();
    t.match({ ok, problems }, { ok: true, problems: [] });
    return { quiescent: members[0]!.quiescent, warnings, waiting: members[0]!.waiting };
  };
  t.strictSame(await facts(), { quiescent: true, warnings: [], waiting: 0 });
  for (const [no, quiescent] of [
    ['a flood is being sent', 'a flood is being sent'],
    ['throw', 'Error: x'],
    ['spin', 'isQuiescent did not return within 250 ms'],
  ] as const) {
    shop.runtime.send('B', 'no', no);
    await sleep(5);
    t.equal((await facts()).quiescent, quiescent);
  }
  shop.runtime.send('B', 'no', '');
  for (let i = 0; i < 3; i++) shop.runtime.send('B', 'work', 1_000_000);
  await sleep(20);
  const found = await facts();
  t.match(found, {
    quiescent: /in the middle of long work/,
    warnings: [/B: .*: the swap would wait for that/],
  });
  t.equal(found.waiting, 2);
});

t.test('a state that is not plain data cannot be tried, but is adopted outside of development', async (t) => {
  for (const [development, ok] of [
    [true, false],
    [false, true],
  ] as const) {
    const shop = new Workshop(t, { development });
    const odd = (version: string, state = 1): Source => ({
      name: 'O',
      version,
      manifest: `accepts: { break: [1] }, state: { version: ${state}, up: { 1: (old) => old } }`,
      methods: `onBreak() { this.state.f = () => 1; }`,
    });
    await shop.add('O', shop.bundle(odd('1.0.0')));
    shop.runtime.send('O', 'break');
    await sleep(5);
    const check = (bundle: string) => shop.runtime.check([{ change: 'replace', module: 'O', bundle }], BY);
    const report = await check(shop.bundle(odd('1.1.0')));
    t.match(report, { ok, [ok ? 'warnings' : 'problems']: [/O 1\.0\.0: .*state\.f is a function/] });
    t.match(await check(shop.bundle(odd('2.0.0', 2))), { ok: false, problems: [/state\.f is a function/] });
    t.equal((await shop.replace('O', 'o@2.0.0')).outcome, 'aborted');
    t.equal((await shop.replace('O', 'o@1.1.0')).outcome, ok ? 'committed' : 'aborted');
  }
});

// --- refusals

t.test('what would be refused is refused, with the same words', async (t) => {
  const stage = await new Stage(t, { probation: { duration: 60_000 } }).start();
  const { shop } = stage;
  shop.bundle({ ...S, version: '2.0.0', manifest: `accepts: {}, sends: {}`, methods: '' });
  shop.bundle(w('3.0.0', '{ version: 3, tables: { rows: {} } }'));
  shop.bundle({ name: 'Y', version: '1.0.0', manifest: `names: ['WORK']` });
  shop.bundle(w('1.1.0'));
  const checkpoint = shop.file('nonsense', 'nonsense');
  const refusals: [string, Change[]][] = [
    ['TRANSACTION_EMPTY', []],
    ['TRANSACTION_EMPTY', [{ change: 'replace', module: 'W', bundle: 'w@1.0.0' }]],
    ['MODULE_UNKNOWN', [{ change: 'remove', module: 'NONE' }]],
    ['MODULE_NEEDED', [{ change: 'remove', module: 'S' }]],
    ['MODULE_EXISTS', [{ change: 'add', module: 'S', bundle: 's@1.0.0' }]],
    ['MODULE_EXISTS', [{ change: 'add', module: 'Y', bundle: 'y@1.0.0' }]],
    ['BUNDLE_NOT_FOUND', [{ change: 'replace', module: 'W', bundle: 'w@9.0.0' }]],
    ['BUNDLE_MISMATCH', [{ change: 'replace', module: 'W', bundle: 's@2.0.0' }]],
    ['PROTOCOL_MISMATCH', [{ change: 'replace', module: 'S', bundle: 's@2.0.0' }]],
    ['STATE_NO_HANDLER', [{ change: 'replace', module: 'W', bundle: 'w@3.0.0' }]],
    ['CHECKPOINT_UNREADABLE', [{ change: 'add', module: 'Y', bundle: 'y@1.0.0', checkpoint }]],
  ];
  const same = async (code: string, changes: Change[]) => {
    const thrown = await stage.check(...changes).catch((error: Error) => error);
    const run = await shop.runtime.run(changes, BY).catch((error: Error) => error);
    t.match(thrown, { code }, code);
    t.equal((thrown as Error).message, (run as Error).message);
  };
  const before = stage.seen();
  for (const [code, changes] of refusals) await same(code, changes);
  t.same(stage.seen(), before);

  const running = shop.replace('W', 'w@1.1.0');
  await Promise.resolve();
  await t.rejects(stage.check({ change: 'disable', module: 'S' }), { code: 'TRANSACTION_BUSY' });
  await running;
  const changes: Change[] = [{ change: 'replace', module: 'W', bundle: 'w@1.0.0' }];
  await shop.runtime.run(changes, BY, { confirm: 60_000 });
  await same('CONFIRM_PENDING', [{ change: 'replace', module: 'W', bundle: 'w@1.1.0' }]);
  shop.runtime.stop();
  await same('STOPPED', [{ change: 'disable', module: 'S' }]);
});

// --- how long it would take

t.test(
  'the window that it predicts has the work of the handlers in it, and not that of the rows',
  async (t) => {
    const stage = await new Stage(t, { development: false }).start();
    const quick = await stage.replace(w('1.1.0'));
    t.ok(quick.window > 0 && quick.window < 25, `${quick.window} ms`);
    const slow = await stage.replace(w('2.0.0', TWO(`up: { 1: (old) => { burn(50); return old; } }`)));
    t.ok(slow.window >= 25 && slow.window <= 500, `${slow.window} ms`);
    t.equal(slow.members[0]!.blackout, slow.window);
    const done = await stage.shop.replace('W', 'w@2.0.0');
    t.ok(done.window >= 50, `really ${done.window} ms`);

    const rows = await stage.check({
      change: 'replace',
      module: 'W',
      bundle: stage.shop.bundle(
        w(
          '3.0.0',
          `{ version: 3, tables: { rows: { up: { 2: (row) => { burn(0.5); return { three: row.two }; } } } } }`,
        ),
      ),
    });
    t.match(rows, { ok: true });
    t.ok(rows.window < (ROWS * 0.5) / 2, `${rows.window} ms, and ${ROWS * 0.5} ms of rows before`);
    const start = await stage.replace(w('2.1.0', TWO(UP), `start() { burn(50); }`));
    t.ok(start.window >= 25 && start.window <= 500, `start: ${start.window} ms`);
  },
);

t.test(
  'rows that take longer together than the preparation time are no problem: they are carried before',
  async (t) => {
    const stage = await new Stage(t, { development: false }).start();
    stage.shop.runtime.preparation = 100;
    const slow = w('2.0.0', TWO(UP, `up: { 1: (row) => { burn(1); return { two: row.v }; } }`));
    t.match(await stage.replace(slow), { ok: true, problems: [] });
    t.equal((await stage.shop.replace('W', 'w@2.0.0')).outcome, 'committed');
  },
);
