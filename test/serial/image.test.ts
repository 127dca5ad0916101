import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { checkOf } from '../../firmware/push/steps.ts';
import { Text } from '../console/fixtures/text.ts';
import { BoardRouter, changed, FakeBoard, imageOf, pushed, sha256 } from './board-with-slots.ts';
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
    const { status, output, errors } = await pushed(image, relay.host, { tries: true, patience: 60_000 });
    t.equal(status, 0, errors);
    t.match(output, /^slot b runs the image and is confirmed \(app: 21000 bytes were sent\)\n$/);
    t.match(errors, /app: 100 %, 21000 of 21000 bytes/);
    t.ok(relay.toRouter.carried < 40_000, `${relay.toRouter.carried} bytes went over the line`);
    t.ok(board.holds('b', image));
    t.same(board.files('a'), before, 'the slot that ran is as it was');
    t.match(await pushed(image, relay.host, { tries: true }), {
      status: 0,
      output: /slot b runs this image already; nothing was sent/,
    });
  },
);

t.test('what does not prove itself is told, and the old slot runs again', { timeout: 60_000 }, async (t) => {
  const board = new FakeBoard(t, OLD);
  const router = await new BoardRouter(t, board).onSocket();
  // The new slot is given up at once.
  router.booted = () => board.reboot();
  const image = changed(OLD, { app: 21_000 });
  const failed = await pushed(image, router.socket, { tries: true, json: true });
  t.equal(failed.status, 1);
  t.match(JSON.parse(failed.output), {
    ok: false,
    error: { code: 'IMAGE_FELL_BACK', message: /runs slot a, as before/ },
  });
  t.equal(board.get('running'), 'a');

  router.booted = () => {};
  const unproven = await pushed(image, router.socket, { tries: true, patience: 6000 });
  t.match(unproven, {
    status: 1,
    errors: /slot b runs, and has to prove healthy\nIMAGE_UNPROVEN: slot b runs but was not confirmed/,
  });
  t.match(await pushed(image, router.socket), {
    status: 0,
    output: /slot b runs this image already, on trial/,
  });
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
  const silent = await pushed(changed(OLD, { app: 21_000 }), router.socket, { tries: true, patience: 5500 });
  t.match(silent, {
    status: 2,
    errors: /IMAGE_SILENT: slot b was to be tried, and the board did not come back .* within 5\.5 s/,
  });
});

t.test(
  'a router that still answers before its board reboots is not taken for the one before',
  { timeout: 60_000 },
  async (t) => {
    const board = new FakeBoard(t, OLD);
    const router = await new BoardRouter(t, board).onSocket();
    router.host.onQuit = () => {};
    const hangs = await pushed(changed(OLD, { app: 21_000 }), router.socket, { tries: true, patience: 5000 });
    t.match(hangs, { status: 2, errors: /IMAGE_SILENT: / });
  },
);

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
  board.fill('b', imageOf({ kernel: 1000, base: 1000, app: 1000 }));
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
  board.decays('app', 2);
  t.match(await pushed(image, router.socket), {
    status: 1,
    errors: /PUSH_DAMAGED: app reads otherwise than it was written; .*the medium is failing/,
  });
  t.same(Object.keys(board.files('b')), ['base', 'board.dtb', 'kernel'], 'no contents.txt, no app');
  t.equal((await pushed(image, router.socket)).status, 0);
  t.ok(board.holds('b', image));
  board.decays('app', 1);
  t.equal((await pushed(image, router.socket)).status, 0, 'what decays later is sent again');
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
  for (const name of [
    '../etc/passwd',
    '/etc/passwd',
    'Contents.TXT',
    'incoming/x',
    '.',
    'a\u00a0b',
    'KERNEL',
  ]) {
    const { text } = changed(OLD, { [name]: 5 });
    const hash = sha256(text);
    const images = router.host.images!;
    await images.take({ step: 'image', bytes: Buffer.byteLength(text), sha256: hash });
    const data = Buffer.from(text);
    const piece = { offset: 0, data: data.toString('base64'), check: checkOf(data) };
    await images.take({ step: 'piece', sha256: hash, part: 'contents.txt', ...piece });
    await t.rejects(images.take({ step: 'prepare', sha256: hash }), { code: 'IMAGE_INVALID' }, name);
  }
  board.put({ chosen: 'b' });
  await refused(image, /IMAGE_UNCONFIRMED: slot a runs on trial/);
  board.put({ chosen: 'a', trying: 'b' });
  await refused(image, /IMAGE_PENDING: slot b is about to be tried; type "reboot"/);
  board.put({ trying: '-', fails: 'open' });
  await refused(image, /SLOTS_FAILED: .*hitless-slot open: the medium is gone/);
  board.put({ fails: 'nothing' });

  Object.assign(router.host, { images: undefined });
  await refused(image, /PUSH_UNAVAILABLE: this router has no slots/);
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
  t.match(await pushed(image, router.socket, { tries: true }), {
    status: 1,
    errors: /IMAGE_PROBATION: transaction 7 \(IP\) waits to be confirmed/,
  });
  t.equal(board.get('trying'), '-');
  router.host.runtime.probation = undefined;
  t.match(await pushed(image, router.socket), { status: 0, output: /nothing had to be sent/ });
});

const unshare = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const noMounts = unshare ? false : 'SKIPPED: no mount namespace';

t.test(
  'a slot without room refuses the image, before anything of it is removed',
  { skip: noMounts },
  async (t) => {
    const board = new FakeBoard(t, OLD);
    const program = fileURLToPath(new URL('./fill-slot.ts', import.meta.url));
    const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
    const inside = `mount -t tmpfs -o size=256k tmpfs "$0"/b && exec "$@"`;
    const done = spawnSync(
      'unshare',
      [
        '-Urm',
        'sh',
        '-c',
        inside,
        board.directory,
        process.execPath,
        '--import',
        loader,
        program,
        board.directory,
      ],
      { encoding: 'utf8' },
    );
    t.equal(done.status, 0, done.stderr);
    const said = JSON.parse(done.stdout) as Record<
      'large' | 'filled' | 'fits' | 'busy',
      { errors: string; files: string[] }
    >;
    t.match(
      said.large.errors,
      /^PUSH_DISK: the image does not fit into the other slot: it needs \d+ bytes.*nothing was changed/,
    );
    t.same(said.large.files, ['app', 'contents.txt'], 'what was there is there');
    t.match(said.filled.errors, /^PUSH_DISK: the other slot is full/, 'when it fills up meanwhile');
    t.notOk(said.filled.files.includes('contents.txt'));
    t.equal(said.fits.errors, '');
    t.same(said.fits.files, ['app', 'base', 'contents.txt'], 'an image takes the room of the one before');
    t.match(said.busy.errors, /^PUSH_DISK: the other slot cannot be written: .*EBUSY/);
    t.same(said.busy.files, ['app', 'base'], 'contents.txt goes before anything else');
  },
);
