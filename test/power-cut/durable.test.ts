/** What is said to be kept is kept, and what is written is whole or not there, wherever the power is cut. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { ConfigHistory, saveConfig } from '../../firmware/config/history.ts';
import { checkOf } from '../../firmware/push/steps.ts';
import { Runtime, VersionSet, type Versions } from '../../runtime/index.ts';
import { sourceOf } from '../runtime/workshop.ts';
import { BoardRouter, changed, FakeBoard, imageOf, pushed, sha256 } from '../serial/board-with-slots.ts';
import { released, StoringRouter } from '../serial/router-with-store.ts';
import { type Cut, LossyDisk } from './lossy-disk.ts';

const as = { command: 'test', by: 'test' };

function place(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'hitless-durable-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

function versions(number: number): Versions {
  const entry = {
    bundle: `ip@${number}.0.0`,
    sha256: String(number).repeat(64),
    file: `/ip-${number}.0.0.cjs`,
  };
  return new Map([['IP', entry]]);
}

/** What the next start finds: the version to boot, and whether one was on trial. */
async function booted({ directory }: Cut): Promise<string> {
  const state = join(directory, 'state');
  // The lock is the running process's, which a power cut ends.
  if (existsSync(state))
    for (const name of readdirSync(state)) if (name.startsWith('versions.lock')) rmSync(join(state, name));
  const set = await VersionSet.open(state);
  const boot = set.boot.get('IP')?.bundle ?? 'nothing';
  const trial = set.interrupted?.get('IP')?.bundle;
  await set.close();
  return trial === undefined ? boot : `${boot}, ${trial} on trial`;
}

async function outcomes(cuts: readonly Cut[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const cut of cuts)
    found[await booted(cut).catch((thrown) => `${thrown.code}: ${thrown.message}`)] = cut.step;
  return found;
}

t.test('a set of versions: what was decided is there after a cut, what was not is not', async (t) => {
  const root = place(t);
  const disk = new LossyDisk(t, root);
  const may = async (name: string, cuts: readonly Cut[], expected: readonly string[]) => {
    const found = await outcomes(cuts);
    t.same(Object.keys(found).sort(), [...expected].sort(), `${name}: ${JSON.stringify(found)}`);
  };
  const set = await VersionSet.open(join(root, 'state'));
  const commit = async (number: number, trial: boolean) =>
    (await set.prepare(versions(number), { trial })).commit();
  const first = await disk.during(() => commit(1, false));
  await may('the first commit', first, ['nothing', 'ip@1.0.0']);
  await may('after it', disk.cut(), ['ip@1.0.0']);
  const second = await disk.during(() => commit(2, true));
  await may('a commit on trial', second, ['ip@1.0.0', 'ip@1.0.0, ip@2.0.0 on trial']);
  await may('after it', disk.cut(), ['ip@1.0.0, ip@2.0.0 on trial']);
  const promoted = await disk.during(() => set.promote());
  await may('a promotion', promoted, ['ip@1.0.0, ip@2.0.0 on trial', 'ip@2.0.0']);
  await may('after it', disk.cut(), ['ip@2.0.0']);
  await commit(3, true);
  const reverted = await disk.during(() => set.revert());
  await may('a reversal', reverted, ['ip@2.0.0, ip@3.0.0 on trial', 'ip@2.0.0']);
  await may('after it', disk.cut(), ['ip@2.0.0']);
  const abandoned = await disk.during(async () =>
    (await set.prepare(versions(4), { trial: false })).abandon(),
  );
  await may('a set that was given up', abandoned, ['ip@2.0.0']);
  await set.close();
});

t.test('a file that could not be understood is aside, or where it was, but not gone', async (t) => {
  const root = place(t);
  mkdirSync(join(root, 'state'));
  writeFileSync(join(root, 'state/versions.json'), 'torn');
  const disk = new LossyDisk(t, root);
  const cuts = await disk.during(async () =>
    (await VersionSet.open(join(root, 'state'), { corrupt: 'set aside' })).close(),
  );
  for (const { step, directory } of [...cuts, ...disk.cut()]) {
    const names = readdirSync(join(directory, 'state')).filter((name) =>
      /^versions\.json(\.corrupt)?$/.test(name),
    );
    t.equal(names.length, 1, `${step}: ${names}`);
  }
});

t.test(
  'a configuration that is saved is whole, or the one before is; so is what is kept of it',
  async (t) => {
    const root = place(t);
    const file = join(root, 'router.yaml');
    writeFileSync(file, 'log: { level: info }\n');
    const history = new ConfigHistory(join(root, 'history'));
    await history.keep('one', { by: 'test' });
    const disk = new LossyDisk(t, root);
    const text = ({ directory }: Cut) => readFileSync(join(directory, 'router.yaml'), 'utf8');
    const kept = async ({ directory }: Cut) =>
      (await new ConfigHistory(join(directory, 'history')).list()).map(({ text }) => text).join();
    const saved = await disk.during(() => saveConfig(file, 'log: { level: warn }\n'));
    t.same([...new Set(saved.map(text))].sort(), ['log: { level: info }\n', 'log: { level: warn }\n']);
    for (const cut of disk.cut()) t.equal(text(cut), 'log: { level: warn }\n', cut.step);
    const two = await disk.during(() => history.keep('two', { by: 'test' }));
    t.same([...new Set(await Promise.all(two.map(kept)))].sort(), ['one', 'two,one']);
    for (const cut of disk.cut()) t.equal(await kept(cut), 'two,one', cut.step);
  },
);

t.test('what was committed first of all is kept, with what ran before it; the directory too', async (t) => {
  const root = place(t);
  const texts = async ({ directory }: Cut) =>
    (await new ConfigHistory(join(directory, 'history')).list()).map(({ text }) => text).join();
  const disk = new LossyDisk(t, root);
  const history = new ConfigHistory(join(root, 'history'));
  const first = await disk.during(async () => {
    await history.keep('before', { by: 'file' });
    await history.keep('after', { by: 'test' });
  });
  t.same([...new Set(await Promise.all(first.map(texts)))].sort(), ['', 'after,before', 'before']);
  for (const cut of disk.cut()) t.equal(await texts(cut), 'after,before', cut.step);
});

t.test('a checkpoint is whole, or the one before is', async (t) => {
  const root = place(t);
  const runtime = new Runtime();
  t.teardown(() => runtime.stop());
  const methods = 'onPut({ body }) { this.state.value = body; }';
  const source = sourceOf({ name: 'A', version: '1.0.0', manifest: 'accepts: { put: [1] }', methods });
  await runtime.repository.provide('a', source);
  await runtime.run([{ change: 'add', module: 'A', bundle: 'a@1.0.0' }], as);
  const file = join(root, 'a.state');
  await runtime.checkpoint('A', file);
  const old = readFileSync(file);
  const disk = new LossyDisk(t, root);
  runtime.send('A', 'put', 'x'.repeat(5000));
  const during = await disk.during(() => runtime.checkpoint('A', file));
  const now = readFileSync(file);
  t.notSame(now, old);
  for (const { step, directory } of during) {
    const found = readFileSync(join(directory, 'a.state'));
    t.ok(found.equals(old) || found.equals(now), `${step}: ${found.length} bytes`);
  }
  for (const { step, directory } of disk.cut())
    t.ok(readFileSync(join(directory, 'a.state')).equals(now), `afterwards, ${step}`);
});

t.test(
  'a bundle that was pushed has its name only when it is whole, and is there when that was said',
  async (t) => {
    const router = new StoringRouter(t);
    const { bundles } = router.host;
    const bytes = readFileSync(released('timer-2.0.0.cjs'));
    const hash = sha256(bytes);
    const disk = new LossyDisk(t, router.directory);
    const pushedTo = ({ directory }: Cut) =>
      join(directory, relative(router.directory, router.bundles), 'timer-2.0.0.cjs');
    t.notOk(existsSync(router.bundles), 'the first one comes with its directory');
    await bundles.take({ step: 'offer', name: 'timer-2.0.0.cjs', bytes: bytes.length, sha256: hash });
    const during = await disk.during(async () => {
      for (let offset = 0; offset < bytes.length; offset += 1000) {
        const data = bytes.subarray(offset, offset + 1000);
        await bundles.take({
          step: 'part',
          sha256: hash,
          offset,
          data: data.toString('base64'),
          check: checkOf(data),
        });
      }
      await bundles.take({ step: 'finish', sha256: hash });
    });
    for (const cut of during)
      t.ok(!existsSync(pushedTo(cut)) || readFileSync(pushedTo(cut)).equals(bytes), cut.step);
    for (const cut of disk.cut()) t.ok(readFileSync(pushedTo(cut)).equals(bytes), `afterwards, ${cut.step}`);
  },
);

t.test(
  'a slot that an image is written into can be booted only when all of it is on the medium',
  async (t) => {
    const image = imageOf({ 'boot/kernel': 9000, 'base.cpio': 70_000, 'app.cpio': 9000 });
    const board = new FakeBoard(t, image);
    const router = await new BoardRouter(t, board).onSocket();
    const next = changed(image, { 'app.cpio': 8000, 'base.cpio': 80_000 });
    const disk = new LossyDisk(t, join(board.directory, 'b'));
    const steps = await disk.during(async () => {
      for (const version of [image, next]) t.match(await pushed(version, router.socket), { status: 0 });
    });
    const bootable = (directory: string) => existsSync(join(directory, 'contents.txt'));
    for (const { step, directory } of steps) t.same(missing(directory), [], step);
    t.ok(
      steps.some(({ directory }) => !bootable(directory)) &&
        steps.some(({ directory }) => bootable(directory)),
    );
    for (const { step, directory } of disk.cut()) {
      t.equal(readFileSync(join(directory, 'contents.txt'), 'utf8'), next.text, `afterwards, ${step}`);
      t.same(missing(directory), [], `afterwards, ${step}`);
    }
  },
);

/** The parts that a slot's list names and the slot does not hold; none where it has no list, as nobody boots it then. */
function missing(slot: string): string[] {
  const list = join(slot, 'contents.txt');
  if (!existsSync(list)) return [];
  const parts = [...readFileSync(list, 'utf8').matchAll(/^part (\S+) \d+ (\w+)$/gm)];
  const whole = (name: string, hash: string) =>
    existsSync(join(slot, name)) && sha256(readFileSync(join(slot, name))) === hash;
  if (parts.length === 0) return ['a list without parts'];
  return parts.flatMap(([, name, hash]) => (whole(name!, hash!) ? [] : [name!]));
}
