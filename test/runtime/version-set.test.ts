import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { HitlessError, type VersionEntry, VersionSet, type Versions } from '../../runtime/index.ts';

/** The version set as one JavaScript file: child processes start quickly with it. */
const built = mkdtempSync(join(tmpdir(), 'hitless-test-'));
const BUILT = join(built, 'version-set.mjs');
await build({
  entryPoints: [fileURLToPath(new URL('../../runtime/upgrade/version-set.ts', import.meta.url))],
  outfile: BUILT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
});
t.teardown(() => rmSync(built, { recursive: true, force: true }));

function temporary(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => {
    chmodSync(directory, 0o700);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

const NOBODY = 65534;

/** `entry('ip@2.0.0')` */
function entry(bundle: string): VersionEntry {
  return { bundle, sha256: 'ab'.repeat(32), file: `/releases/${bundle.replace('@', '-')}.cjs` };
}

function versions(...bundles: string[]): Versions {
  return new Map(bundles.map((bundle) => [bundle.split('@')[0]!.toUpperCase(), entry(bundle)]));
}

/** `{ IP: 'ip@2.0.0', VRRP: null }` */
function shown(set: Versions | undefined): Record<string, string | null> | undefined {
  return set && Object.fromEntries([...set].map(([module, entry]) => [module, entry?.bundle ?? null]));
}

async function make(set: VersionSet, changes: Versions, trial = false): Promise<void> {
  const prepared = await set.prepare(changes, { trial });
  await prepared.commit();
}

async function refusal(promise: Promise<unknown>): Promise<HitlessError> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof HitlessError) return thrown;
    throw thrown;
  }
  throw new Error('it was not refused');
}

t.test('what is committed is there again after a restart', async (t) => {
  const directory = join(temporary(t), 'deep', 'state');
  const first = await VersionSet.open(directory);
  t.equal(statSync(directory).mode & 0o777, 0o700, 'only its owner sees into the directory');
  t.same(shown(first.boot), {}, 'a missing file is an empty set');
  t.equal(first.trial, undefined);
  await make(first, versions('ip@2.0.0', 'ospf@1.0.0'));
  await make(first, new Map([['OSPF', null]]));
  t.same(shown(first.boot), { IP: 'ip@2.0.0', OSPF: null });
  await first.close();

  t.same(readdirSync(directory).sort(), ['versions.json', 'versions.lock.1'], 'nothing else is left');
  const again = await VersionSet.open(directory);
  t.same(shown(again.boot), { IP: 'ip@2.0.0', OSPF: null });
  t.same(again.boot.get('IP'), entry('ip@2.0.0'));
  t.equal(again.interrupted, undefined);
  t.equal(again.durable, true);
  await again.close();
  await again.close();
  t.match(await refusal(again.prepare(new Map(), { trial: false })), { code: 'STOPPED' });
});

t.test('what is prepared is current only when it is committed', async (t) => {
  const directory = temporary(t);
  const set = await VersionSet.open(directory);
  await make(set, versions('ip@1.0.0'));
  const before = readFileSync(set.file, 'utf8');
  const prepared = await set.prepare(versions('ip@2.0.0'), { trial: false });
  t.equal(existsSync(join(directory, 'versions.json.prepared')), true);
  t.match(await refusal(set.prepare(versions('ip@3.0.0'), { trial: false })), {
    code: 'VERSIONS_BUSY',
    message: /commit or abandon/,
  });
  t.same(shown(set.boot), { IP: 'ip@1.0.0' });
  t.equal(readFileSync(set.file, 'utf8'), before);
  await prepared.abandon();
  await prepared.abandon();
  t.equal(existsSync(join(directory, 'versions.json.prepared')), false);
  t.match(await refusal(prepared.commit()), { code: 'ARGUMENT_INVALID', message: /abandoned/ });
  await make(set, versions('ip@3.0.0'));
  t.same(shown(set.boot), { IP: 'ip@3.0.0' });

  await set.prepare(versions('ip@4.0.0'), { trial: false });
  await set.close();
  t.equal(existsSync(join(directory, 'versions.json.prepared')), false, 'close abandons');
  writeFileSync(join(directory, 'versions.json.prepared'), 'left over');
  const again = await VersionSet.open(directory);
  t.same(shown(again.boot), { IP: 'ip@3.0.0' });
  t.match(readdirSync(directory).sort(), ['versions.json', /^versions\.lock\.\d+$/]);
  await again.close();
});

t.test('a version on trial is not what is started until it is promoted', async (t) => {
  const directory = temporary(t);
  let set = await VersionSet.open(directory);
  await make(set, versions('ip@1.0.0', 'ospf@1.0.0'));
  await make(set, versions('ip@2.0.0'), true);
  t.same(shown(set.boot), { IP: 'ip@1.0.0', OSPF: 'ospf@1.0.0' });
  t.same(shown(set.trial), { IP: 'ip@2.0.0', OSPF: 'ospf@1.0.0' });
  await set.promote();
  t.same(shown(set.boot), { IP: 'ip@2.0.0', OSPF: 'ospf@1.0.0' });
  t.equal(set.trial, undefined);

  await make(set, versions('ip@3.0.0'), true);
  await set.revert();
  t.equal(set.trial, undefined);
  await set.promote();
  t.same(shown(set.boot), { IP: 'ip@2.0.0', OSPF: 'ospf@1.0.0' }, 'there is nothing to promote');
  await set.close();
  set = await VersionSet.open(directory);
  t.same(shown(set.boot), { IP: 'ip@2.0.0', OSPF: 'ospf@1.0.0' });
  t.equal(set.interrupted, undefined);
  await set.close();
});

t.test('a trial that was interrupted is told once, and the versions before it are started', async (t) => {
  const directory = temporary(t);
  let set = await VersionSet.open(directory);
  await make(set, versions('ip@1.0.0'));
  await make(set, versions('ip@2.0.0'), true);
  await set.close();
  set = await VersionSet.open(directory);
  t.same(shown(set.interrupted), { IP: 'ip@2.0.0' });
  t.same(shown(set.boot), { IP: 'ip@1.0.0' });
  t.equal(set.trial, undefined);
  await set.promote();
  t.same(shown(set.boot), { IP: 'ip@1.0.0' }, 'it cannot be promoted any more');
  await set.close();
  set = await VersionSet.open(directory);
  t.equal(set.interrupted, undefined);
  await set.close();
});

t.test(
  'what follows a trial builds on it: without a trial of its own, all that runs is to be started',
  async (t) => {
    const directory = temporary(t);
    const set = await VersionSet.open(directory);
    await make(set, versions('ip@1.0.0', 'ospf@1.0.0'));
    await make(set, versions('ip@2.0.0'), true);
    await make(set, versions('ospf@2.0.0'), true);
    t.same(shown(set.boot), { IP: 'ip@1.0.0', OSPF: 'ospf@1.0.0' });
    t.same(shown(set.trial), { IP: 'ip@2.0.0', OSPF: 'ospf@2.0.0' });
    await make(set, versions('ospf@1.0.0'));
    t.same(shown(set.boot), { IP: 'ip@2.0.0', OSPF: 'ospf@1.0.0' });
    t.equal(set.trial, undefined);
    await set.close();
  },
);

t.test('a promotion while the next set is prepared is kept by that set', async (t) => {
  const directory = temporary(t);
  let set = await VersionSet.open(directory);
  await make(set, versions('ip@1.0.0', 'ospf@1.0.0'));
  await make(set, versions('ip@2.0.0'), true);
  const next = await set.prepare(versions('ospf@2.0.0'), { trial: true });
  await set.promote();
  await next.commit();
  await set.close();
  set = await VersionSet.open(directory);
  t.same(shown(set.boot), { IP: 'ip@2.0.0', OSPF: 'ospf@1.0.0' });
  t.same(shown(set.interrupted), { IP: 'ip@2.0.0', OSPF: 'ospf@2.0.0' });

  await make(set, versions('ip@3.0.0'), true);
  const after = await set.prepare(versions('ospf@3.0.0'), { trial: false });
  await set.revert();
  await after.commit();
  t.same(shown(set.boot), { IP: 'ip@2.0.0', OSPF: 'ospf@3.0.0' }, 'and so is a reversal');
  await set.close();
});

t.test(
  'a file that is torn, edited or foreign is refused, or kept aside, never taken as empty',
  async (t) => {
    const directory = temporary(t);
    const made = await VersionSet.open(directory);
    await make(made, versions('ip@1.0.0'));
    await make(made, versions('ip@2.0.0'), true);
    await made.close();
    const { file } = made;
    const good = readFileSync(file);
    const spoiled: [string, (() => void) | string, RegExp][] = [
      ['edited', good.toString().replace('ip@2.0.0', 'ip@3.0.0'), /does not match its checksum/],
      ['empty', '', /not whole/],
      ['zeros, as some file systems leave after a power cut', '\0'.repeat(good.length), /not whole/],
      ['another JSON file', '{"name":"hitless"}', /does not match/],
      ['no object', '[]', /./],
      ['of a later format', '{"format":2,"sets":[]}', /format 2.*newer/],
      ['too long', ' '.repeat(5 << 20), /not whole/],
    ];
    for (let bytes = 0; bytes < good.length - 1; bytes += 7) {
      spoiled.push([`cut to ${bytes} bytes`, () => truncateSync(file, bytes), /not whole/]);
    }
    for (let bit = 0; bit < good.length * 8; bit += 131) {
      const flipped = Buffer.from(good);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      spoiled.push([`bit ${bit} flipped`, () => writeFileSync(file, flipped), /./]);
    }
    let refused = 0;
    for (const [name, spoil, message] of spoiled) {
      writeFileSync(file, good);
      if (typeof spoil === 'string') writeFileSync(file, spoil);
      else spoil();
      // A change that JSON does not see, such as a space for a line's end, is none.
      if (sameJson(readFileSync(file), good)) continue;
      const error = await refusal(VersionSet.open(directory));
      if (error.code !== 'VERSIONS_CORRUPT' || !message.test(error.message)) t.fail(`${name}: ${error}`);
      refused++;
    }
    t.ok(refused > 50, `${refused} were refused`);
    t.match(await refusal(VersionSet.open(directory)), {
      code: 'VERSIONS_CORRUPT',
      message: /versions\.json: .*; put back a copy of it, or move it away to begin with an empty set/,
    });

    const bad = readFileSync(file);
    const set = await VersionSet.open(directory, { corrupt: 'set aside' });
    t.same(shown(set.boot), {});
    t.match(set.setAside, { file: `${file}.corrupt`, problem: { code: 'VERSIONS_CORRUPT' } });
    t.same(readFileSync(`${file}.corrupt`), bad, 'what it was is kept');
    await make(set, versions('ip@3.0.0'));
    await set.close();
    const again = await VersionSet.open(directory);
    t.same(shown(again.boot), { IP: 'ip@3.0.0' });
    t.equal(again.setAside, undefined);
    await again.close();

    writeFileSync(file, good.toString().replaceAll(/\n\s*/g, ''));
    const relaid = await VersionSet.open(directory);
    t.same(shown(relaid.boot), { IP: 'ip@1.0.0' }, 'how it is laid out does not matter');
    await relaid.close();
  },
);

function sameJson(a: Buffer, b: Buffer): boolean {
  try {
    return JSON.stringify(JSON.parse(a.toString())) === JSON.stringify(JSON.parse(b.toString()));
  } catch {
    return false;
  }
}

t.test('a directory is one program’s at a time; who holds it is named', async (t) => {
  const directory = temporary(t);
  const set = await VersionSet.open(directory);
  t.match(await refusal(VersionSet.open(directory)), { code: 'VERSIONS_LOCKED', message: /by this program/ });
  const other = spawnSync(process.execPath, ['--input-type=module', '-e', OPEN], {
    encoding: 'utf8',
    env: { ...process.env, BUILT, DIRECTORY: directory },
  });
  t.match(other.stderr, new RegExp(`VERSIONS_LOCKED: .*in use by process ${process.pid};`));
  symlinkSync(directory, `${directory}.link`);
  t.teardown(() => rmSync(`${directory}.link`));
  t.match(await refusal(VersionSet.open(`${directory}.link`)), { code: 'VERSIONS_LOCKED' });
  await set.close();
  const next = await VersionSet.open(directory);
  await next.close();
});

t.test('of many that find a stale lock, one takes it over', async (t) => {
  const directory = temporary(t);
  for (let round = 0; round < 50; round++) {
    // The number of a process that lives, but started at another time: after a power cut this is usual.
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
    writeFileSync(join(directory, 'versions.lock.7'), `${process.ppid} 1 another-boot\n`);
    writeFileSync(join(directory, 'versions.lock.by-99999999-1'), 'left by one that was killed');
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => VersionSet.open(directory)));
    const open = all.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    t.equal(open.length, 1);
    for (const result of all) {
      if (result.status === 'rejected') t.match(result.reason, { code: 'VERSIONS_LOCKED' });
    }
    await open[0]!.close();
    t.same(readdirSync(directory), ['versions.lock.8']);
  }
  for (const strange of ['', 'nobody', '0 - -', '-1 - -', '99999999999 - -', `${process.ppid}`]) {
    writeFileSync(join(directory, 'versions.lock.8'), strange);
    const set = await VersionSet.open(directory);
    await set.close();
  }
});

t.test('a directory that cannot be used is told with the reason and what to do', async (t) => {
  const directory = temporary(t);
  writeFileSync(join(directory, 'file'), '');
  t.match(await refusal(VersionSet.open(join(directory, 'file', 'state'))), {
    code: 'VERSIONS_UNUSABLE',
    message: /file\/state: .*ENOTDIR.*make the directory writable/s,
  });
  mkdirSync(join(directory, 'versions.json'));
  t.match(await refusal(VersionSet.open(directory)), {
    code: 'VERSIONS_UNUSABLE',
    message: /is a directory/,
  });
  t.match(await refusal(VersionSet.open(directory)), { code: 'VERSIONS_UNUSABLE' }, 'it is not locked');
});

t.test('a set that cannot be prepared is refused and changes nothing, and works when it can', async (t) => {
  const directory = temporary(t);
  let failing = '';
  const set = await VersionSet.open(directory, {
    onStep: (step) => {
      if (step === failing) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    },
  });
  await make(set, versions('ip@1.0.0'));
  for (failing of ['prepare: create', 'prepare: write', 'prepare: write the rest', 'prepare: sync']) {
    t.match(await refusal(set.prepare(versions('ip@2.0.0'), { trial: false })), {
      code: 'VERSIONS_UNUSABLE',
      message: /no space left.*free space/,
    });
    t.match(readdirSync(directory).sort(), ['versions.json', /^versions\.lock\.\d+$/]);
    t.same(shown(set.boot), { IP: 'ip@1.0.0' });
  }
  failing = '';
  await make(set, versions('ip@2.0.0'));
  t.same(shown(set.boot), { IP: 'ip@2.0.0' });
  await set.close();
});

t.test('a commit that cannot be written is told, holds in memory, and can be tried again', async (t) => {
  const directory = temporary(t);
  let failing = '';
  const onStep = (step: string) => {
    if (step === failing) throw new Error('EROFS: read-only file system');
  };
  let set = await VersionSet.open(directory, { onStep });
  await make(set, versions('ip@1.0.0'));
  for (failing of ['commit: rename', 'commit: sync the directory']) {
    const prepared = await set.prepare(versions(`ip@2.0.${failing.length}`), { trial: false });
    t.match(await refusal(prepared.commit()), {
      code: 'VERSIONS_NOT_DURABLE',
      message: /read-only.*It holds until the program ends; .*try again/,
    });
    t.equal(set.durable, false);
    t.same(shown(set.boot), { IP: `ip@2.0.${failing.length}` });
    await prepared.abandon();
    t.same(shown(set.boot), { IP: `ip@2.0.${failing.length}` }, 'what is decided is not abandoned');
    for (failing of ['replace: create', 'replace: sync', 'replace: rename', 'replace: sync the directory']) {
      t.match(await refusal(prepared.commit()), { code: 'VERSIONS_NOT_DURABLE' });
    }
    failing = '';
    await prepared.commit();
    await prepared.commit();
    t.equal(set.durable, true);
    const copy = temporary(t);
    writeFileSync(join(copy, 'versions.json'), readFileSync(set.file));
    const read = await VersionSet.open(copy);
    t.same(shown(read.boot), shown(set.boot));
    await read.close();
  }
  failing = 'commit: rename';
  const late = await set.prepare(versions('ip@3.0.0'), { trial: true });
  await refusal(late.commit());
  failing = 'replace: rename';
  t.match(await refusal(set.promote()), { code: 'VERSIONS_NOT_DURABLE' });
  t.match(await refusal(set.close()), { code: 'VERSIONS_NOT_DURABLE' }, 'the last attempt is that of close');
  set = await VersionSet.open(directory);
  t.match(shown(set.boot), { IP: /^ip@2/ }, 'the directory is free, and has what was durable');
  await set.close();
});

t.test('what was not durable becomes so with the next transaction, not before its decision', async (t) => {
  const directory = temporary(t);
  let failing = '';
  const set = await VersionSet.open(directory, {
    onStep: (step) => {
      if (step === failing) throw new Error('EIO: i/o error');
    },
  });
  await make(set, versions('ip@1.0.0', 'ospf@1.0.0'));
  failing = 'commit: rename';
  const first = await set.prepare(versions('ip@2.0.0'), { trial: false });
  await refusal(first.commit());
  failing = '';
  const second = await set.prepare(versions('ospf@2.0.0'), { trial: false });
  await first.commit();
  t.match(readFileSync(set.file, 'utf8'), /ip@2\.0\.0[\s\S]*ospf@1\.0\.0/, 'the second is not decided yet');
  failing = 'commit: rename';
  await refusal(second.commit());
  failing = '';
  const third = await set.prepare(versions('ip@3.0.0'), { trial: false });
  await third.commit();
  t.match(readFileSync(set.file, 'utf8'), /ip@3\.0\.0[\s\S]*ospf@2\.0\.0/);
  await set.close();
});

t.test('a directory that goes away, for real, is told, and used again when it is back', async (t) => {
  const directory = join(temporary(t), 'state');
  let set = await VersionSet.open(directory);
  await make(set, versions('ip@1.0.0'));
  const prepared = await set.prepare(versions('ip@2.0.0'), { trial: false });
  renameSync(directory, `${directory}.away`);
  t.match(await refusal(prepared.commit()), { code: 'VERSIONS_NOT_DURABLE', message: /ENOENT/ });
  t.match(await refusal(set.prepare(versions('ip@3.0.0'), { trial: false })), { code: 'VERSIONS_UNUSABLE' });
  t.equal(existsSync(directory), false, 'nothing is written where something else may be mounted');
  renameSync(`${directory}.away`, directory);
  await prepared.commit();
  const next = await set.prepare(versions('ip@3.0.0'), { trial: false });
  rmSync(set.file);
  mkdirSync(set.file);
  t.match(await refusal(next.commit()), { code: 'VERSIONS_NOT_DURABLE', message: /EISDIR/ });
  rmdirSync(set.file);
  await next.commit();
  await set.close();
  set = await VersionSet.open(directory);
  t.same(shown(set.boot), { IP: 'ip@3.0.0' });
  await set.close();
});

t.test('a directory without write permission is told, and used when it has it', async (t) => {
  const directory = temporary(t);
  const isRoot = process.getuid?.() === 0;
  // Root may write anywhere: become nobody for a while.
  if (isRoot) {
    chownSync(directory, NOBODY, NOBODY);
    process.seteuid!(NOBODY);
    t.teardown(() => process.seteuid!(0));
  }
  const set = await VersionSet.open(directory);
  const prepared = await set.prepare(versions('ip@1.0.0'), { trial: false });
  chmodSync(directory, 0o500);
  t.match(await refusal(prepared.commit()), { code: 'VERSIONS_NOT_DURABLE', message: /EACCES/ });
  t.match(await refusal(set.prepare(versions('ip@2.0.0'), { trial: false })), {
    code: 'VERSIONS_UNUSABLE',
    message: /EACCES/,
  });
  t.match(await refusal(VersionSet.open(directory)), { code: 'VERSIONS_UNUSABLE', message: /EACCES/ });
  chmodSync(directory, 0o700);
  await prepared.commit();
  t.equal(set.durable, true);
  await make(set, versions('ip@2.0.0'));
  t.same(shown(set.boot), { IP: 'ip@2.0.0' });
  await set.close();
});

const OPEN = `const { VersionSet } = await import(process.env.BUILT);
await VersionSet.open(process.env.DIRECTORY).catch((thrown) => console.error(thrown.code + ': ' + thrown.message));`;

/** Does what a program does, and is killed before the step of that number; says the steps as they come. */
const VICTIM = `const { VersionSet } = await import(process.env.BUILT);
const { writeSync } = await import('node:fs');
const sha256 = 'ab'.repeat(32);
const versions = (...bundles) => new Map(bundles.map((bundle) => [bundle.split('@')[0].toUpperCase(), bundle.endsWith('-') ? null : { bundle, sha256, file: '/' + bundle }]));
const say = (text) => writeSync(1, text + '\\n');
let left = Number(process.env.STEP);
const onStep = (step) => {
  if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  say('step ' + step);
};
const set = await VersionSet.open(process.env.DIRECTORY, { onStep });
const make = async (name, trial, ...bundles) => {
  say('begin ' + name);
  const prepared = await set.prepare(versions(...bundles), { trial });
  await prepared.commit();
  say('end ' + name);
};
await make('group', false, 'ip@2.0.0', 'ospf@2.0.0', 'vrrp@-');
await make('trial', true, 'ip@3.0.0', 'ospf@3.0.0');
say('begin promotion');
await set.promote();
say('end promotion');
const given = await set.prepare(versions('ip@9.0.0'), { trial: false });
await given.abandon();
await make('second trial', true, 'ip@4.0.0', 'vrrp@4.0.0');
say('begin reversal');
await set.revert();
say('end reversal');
await set.close();
say('over');`;

type Sets = {
  boot: Record<string, string | null> | undefined;
  trial: Record<string, string | null> | undefined;
};

/** The contents of the disk after each of the victim's acts. */
const ACTS: [string, Sets][] = [
  ['', { boot: { IP: 'ip@1.0.0', OSPF: 'ospf@1.0.0', VRRP: 'vrrp@1.0.0' }, trial: undefined }],
  ['group', { boot: { IP: 'ip@2.0.0', OSPF: 'ospf@2.0.0', VRRP: null }, trial: undefined }],
  [
    'trial',
    {
      boot: { IP: 'ip@2.0.0', OSPF: 'ospf@2.0.0', VRRP: null },
      trial: { IP: 'ip@3.0.0', OSPF: 'ospf@3.0.0', VRRP: null },
    },
  ],
  ['promotion', { boot: { IP: 'ip@3.0.0', OSPF: 'ospf@3.0.0', VRRP: null }, trial: undefined }],
  [
    'second trial',
    {
      boot: { IP: 'ip@3.0.0', OSPF: 'ospf@3.0.0', VRRP: null },
      trial: { IP: 'ip@4.0.0', OSPF: 'ospf@3.0.0', VRRP: 'vrrp@4.0.0' },
    },
  ],
  ['reversal', { boot: { IP: 'ip@3.0.0', OSPF: 'ospf@3.0.0', VRRP: null }, trial: undefined }],
];

t.test('killed before each step on the disk, a program leaves all of its last act or nothing', async (t) => {
  const counts = { old: 0, new: 0 };
  for (let step = 0; ; step++) {
    const directory = temporary(t);
    const start = await VersionSet.open(directory);
    await make(start, versions('ip@1.0.0', 'ospf@1.0.0', 'vrrp@1.0.0'));
    await start.close();
    const child = spawn(process.execPath, ['--input-type=module', '-e', VICTIM], {
      env: { ...process.env, BUILT, DIRECTORY: directory, STEP: String(step) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (said.endsWith('over\n')) {
      t.equal(code, 0);
      t.ok(step > 30, `${step} steps were tried`);
      break;
    }
    t.equal(signal, 'SIGKILL', `step ${step}`);
    const begun = [...said.matchAll(/begin (.*)/g)].at(-1)?.[1] ?? '';
    const ended = [...said.matchAll(/end (.*)/g)].at(-1)?.[1] ?? '';
    const after = ACTS.findIndex(([name]) => name === begun);
    const before = ACTS.findIndex(([name]) => name === ended);
    const set = await VersionSet.open(directory);
    const found: Sets = { boot: shown(set.boot), trial: shown(set.interrupted) };
    const whole = [before, after].map((act) => JSON.stringify(ACTS[act]![1]));
    const where = `step ${step}, in "${begun}" after ${said.trim().split('\n').at(-1)}`;
    t.ok(whole.includes(JSON.stringify(found)), where);
    // It was killed after the step that it said last: with the rename there is no way back.
    const renamed = /step (commit|replace): (rename|sync the directory|done)\n$/.test(said);
    t.equal(JSON.stringify(found), whole[renamed && before !== after ? 1 : 0], `${where}: which of both`);
    counts[JSON.stringify(found) === whole[0] ? 'old' : 'new']++;
    t.match(readdirSync(directory).sort(), ['versions.json', /^versions\.lock\.\d+$/], 'left-overs are gone');
    await make(set, versions('ip@7.0.0'));
    t.match(shown(set.boot), { IP: 'ip@7.0.0' }, 'and it goes on');
    await set.close();
  }
  t.ok(counts.old > 0 && counts.new > 0, `both happened: ${JSON.stringify(counts)}`);
});
