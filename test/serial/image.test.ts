import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Text } from '../console/fixtures/text.ts';
import { BoardRouter, changed, FakeBoard, imageOf, pushed } from './board-with-slots.ts';
import { skip } from './relay.ts';

const OLD = imageOf({ kernel: 60_000, base: 80_000, app: 20_000, 'board.dtb': 3000 });

t.test(
  'over a serial line only what differs is sent, tried, and confirmed',
  { skip, timeout: 120_000 },
  async (t) => {
    const board = new FakeBoard(t, OLD);
    const router = new BoardRouter(t, board);
    router.booted = () => board.put({ chosen: board.get('running') });
    const relay = await router.onLine(t, { pace: 11_520 });
    const image = changed(OLD, { app: 21_000 });
    const before = board.files('a');
    const { status, output, errors } = await pushed(image, relay.host, { try: true, wait: 60_000 });
    t.equal(status, 0, errors);
    t.match(
      output,
      /^the board runs slot b, confirmed \(hitless 0\.2\.0, Linux 6\.1\.0, .*app sent, 21000 bytes\)\n$/,
    );
    t.match(errors, /app: 100 %, 21000 of 21000 bytes.*; in all 100 %/);
    t.match(errors, /the router is copying kernel from the running slot/);
    t.ok(relay.toRouter.carried < 40_000, `${relay.toRouter.carried} bytes went over the line`);
    t.ok(board.holds('b', image));
    t.same(board.files('a'), before, 'the slot that ran is as it was');
    t.match(await pushed(image, relay.host, { try: true }), {
      status: 0,
      output: /runs this image already, in slot b/,
    });
  },
);

t.test('what does not prove itself is told, and the old slot runs again', { timeout: 60_000 }, async (t) => {
  const board = new FakeBoard(t, OLD);
  const router = await new BoardRouter(t, board).onSocket();
  // The new slot is given up at once.
  router.booted = () => board.reboot();
  const image = changed(OLD, { app: 21_000 });
  const failed = await pushed(image, router.socket, { try: true, json: true });
  t.equal(failed.status, 1);
  t.match(JSON.parse(failed.output), {
    ok: false,
    error: { code: 'IMAGE_FELL_BACK', message: /runs slot a again/ },
  });
  t.equal(board.get('running'), 'a');

  router.booted = () => {};
  const unproven = await pushed(image, router.socket, { try: true, wait: 6000 });
  t.match(unproven, {
    status: 1,
    errors: /slot b runs, on trial\nIMAGE_UNPROVEN: slot b runs, and was not confirmed/,
  });
  t.match(await pushed(image, router.socket), { status: 0, output: /in slot b, on trial/ });
  t.match(await pushed(changed(OLD, { app: 5 }), router.socket), {
    status: 1,
    errors: /^IMAGE_UNCONFIRMED: slot b runs on trial; slot a is what the board goes back to/,
  });
  t.ok(board.holds('a', OLD));
});

t.test('a board that does not come back is told of', { timeout: 60_000 }, async (t) => {
  const board = new FakeBoard(t, OLD);
  const router = await new BoardRouter(t, board).onSocket();
  router.booted = () => new Promise((resolve) => setTimeout(resolve, 4000));
  const silent = await pushed(changed(OLD, { app: 21_000 }), router.socket, { try: true, wait: 5500 });
  t.match(silent, { status: 2, errors: /IMAGE_SILENT: slot b was to be tried, .*slot a comes back/ });
});

t.test('an image that is only sent is whole in its slot, and nobody boots it', async (t) => {
  const board = new FakeBoard(t, OLD);
  board.fill('b', imageOf({ kernel: 100, base: 200, app: 300, 'old/firmware.bin': 400 }));
  const router = await new BoardRouter(t, board).onSocket();
  const image = changed(OLD, { kernel: 61_000, 'new/empty': Buffer.alloc(0), 'new/full.bin': 5000 });
  const { status, output, errors } = await pushed(image, router.socket, { json: true });
  t.equal(status, 0, errors);
  t.match(JSON.parse(output).data, {
    slot: 'b',
    outcome: 'sent',
    parts: ['kernel', 'new/full.bin'],
    sent: 66_000,
  });
  t.ok(board.holds('b', image), 'and what was there before is gone');
  t.equal(board.get('trying'), '-');
  t.notOk(board.calls.includes('try'));
  t.equal(board.calls.at(-1), 'close', 'nothing stays mounted');
  t.match(await pushed(image, router.socket), { status: 0, output: /nothing had to be sent/ });
});

t.test('a push that is cut goes on where it was', { skip, timeout: 120_000 }, async (t) => {
  const board = new FakeBoard(t, OLD);
  const router = new BoardRouter(t, board);
  const relay = await router.onLine(t, { pace: 11_520 });
  const image = changed(OLD, { app: 60_000 });
  const errors = new Text();
  const pushing = pushed(image, relay.host, { errors, resume: 60_000 });
  while (!/app: [3-9]\d %| 2[5-9] %/.test(errors.text))
    await new Promise((resolve) => setTimeout(resolve, 5));
  await relay.unplug(relay.router);
  t.ok(board.isSafe('b'));
  await relay.plug(relay.router);
  t.match(await pushing, {
    status: 0,
    errors: /app: the line was cut; waiting for it\n.*app: ([1-9]|\d\d) %, .*the rest follows/,
  });
  t.ok(relay.toRouter.carried < 110_000, `${relay.toRouter.carried} bytes went over the line`);
  t.ok(board.holds('b', image));
});

t.test(
  'a line that flips bits and loses bytes delays an image, and damages nothing',
  { skip, timeout: 120_000 },
  async (t) => {
    const board = new FakeBoard(t, OLD);
    const router = new BoardRouter(t, board);
    const relay = await router.onLine(t, { pace: 11_520, flips: 0.001, stalls: 0.002, stall: 6 });
    const image = changed(OLD, { app: 6000 });
    const result = await pushed(image, relay.host, { resume: 60_000 });
    t.match(result, { status: 0 }, result.errors);
    t.ok(relay.toRouter.flipped > 0 && relay.toRouter.lost > 0, 'the line was bad');
    t.ok(board.holds('b', image));
  },
);

t.test('a part that is not what contents.txt says never gets its name', async (t) => {
  const board = new FakeBoard(t, OLD);
  const router = await new BoardRouter(t, board).onSocket();
  const image = changed(OLD, { app: 21_000 });
  t.match(await pushed(image, router.socket, { flip: 'app' }), {
    status: 1,
    errors: /PUSH_DAMAGED: app: what arrived has the SHA-256 \w+, contents\.txt says \w+; it was deleted/,
  });
  t.same(Object.keys(board.files('b')), ['base', 'board.dtb', 'kernel'], 'no contents.txt, no app');
  t.match(await pushed(image, router.socket, { flip: 'contents.txt' }), { status: 1 });
  t.ok(board.isSafe('b'));
  t.equal((await pushed(image, router.socket)).status, 0);
  t.ok(board.holds('b', image));
});

t.test('what the slots hold is read, not believed', async (t) => {
  const board = new FakeBoard(t, OLD);
  board.fill('b', OLD);
  for (const [slot, name] of [
    ['b', 'kernel'],
    ['b', 'base'],
    ['a', 'base'],
  ] as const)
    writeFileSync(join(board.directory, slot, name), Buffer.alloc(OLD.parts.get(name)!.length));
  const router = await new BoardRouter(t, board).onSocket();
  const image = changed(OLD, {});
  const { status, output } = await pushed(image, router.socket, { json: true });
  t.equal(status, 0);
  t.same(JSON.parse(output).data.parts, ['base'], 'the kernel is copied, and the base is in no slot');
  t.ok(board.holds('b', image));
});

t.test('a medium that gives back other bytes than were written is found out', async (t) => {
  const board = new FakeBoard(t, OLD);
  const router = await new BoardRouter(t, board).onSocket();
  const image = changed(OLD, { app: 21_000 });
  board.put({ decaying: 'app' });
  writeFileSync(join(board.directory, 'decays'), Buffer.alloc(21_000));
  // Offering looks at the running slot, and unmounts again: the bytes change at the second time.
  const offered = { step: 'image', bytes: Buffer.byteLength(image.text), sha256: '0'.repeat(64) } as const;
  await router.host.images!.take(offered);
  writeFileSync(join(board.directory, 'decays'), Buffer.alloc(21_000));
  const first = await pushed(image, router.socket);
  t.match(first, { status: 0, errors: /app: 100 %/ });
  t.ok(board.holds('b', image));
});

t.test('what cannot be is refused, and the other slot stays as it was', async (t) => {
  const board = new FakeBoard(t, OLD);
  board.fill('b', OLD);
  const router = await new BoardRouter(t, board).onSocket();
  const refused = async (image: Parameters<typeof pushed>[0], error: RegExp, more = {}) => {
    t.match(await pushed(image, router.socket, more), { status: 1, errors: error });
    t.ok(board.holds('a', OLD) && board.holds('b', OLD), String(error));
  };
  const image = changed(OLD, { app: 21_000 });
  await refused(changed(OLD, {}, { board: 'rpi4' }), /IMAGE_OTHER_BOARD: .*for the board rpi4, this is virt/);
  for (const name of ['../etc/passwd', '/etc/passwd', 'Contents.TXT', 'incoming/x', '.', 'a b', 'KERNEL'])
    await refused(changed(OLD, { [name]: 5 }), /IMAGE_INVALID: /);
  board.put({ chosen: 'b' });
  await refused(image, /IMAGE_UNCONFIRMED: slot a runs on trial/);
  board.put({ chosen: 'a', trying: 'b' });
  await refused(image, /IMAGE_PENDING: slot b is about to be tried; type "reboot"/);
  board.put({ trying: '-', fails: 'open' });
  await refused(image, /SLOTS_FAILED: .*hitless-slot open: the medium is gone/);
  board.put({ fails: 'nothing' });

  const { images: _, ...hostOnly } = router.host;
  Object.assign(router.host, { images: undefined });
  await refused(image, /PUSH_UNAVAILABLE: this router has no slots/);
  t.ok(hostOnly);
});

t.test('what waits to be confirmed is not undone by a trial: the image waits in its slot', async (t) => {
  const board = new FakeBoard(t, OLD);
  const router = await new BoardRouter(t, board).onSocket();
  const image = changed(OLD, { app: 21_000 });
  router.host.runtime.probation = {
    transaction: 7,
    members: ['IP'],
    endsAt: Date.now() + 60_000,
    confirm: true,
  };
  t.match(await pushed(image, router.socket, { try: true }), {
    status: 1,
    errors: /IMAGE_PROBATION: transaction 7 \(IP\) waits to be confirmed/,
  });
  t.equal(board.get('trying'), '-');
  router.host.runtime.probation = undefined;
  t.match(await pushed(image, router.socket), { status: 0, output: /nothing had to be sent/ });
});
