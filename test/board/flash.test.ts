/** `hitless flash`, from the outside: what it writes, what it refuses, what it says when a medium fails. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { run } from '../../board/tool.ts';
import { disk, loopDevice, skipLoop, withDisks } from './fixtures/disks.ts';
import { folderOf, noise, PLACES, patch, SIZE, sha256, skip, smallImage } from './fixtures/small-image.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../dist/board.mjs', import.meta.url));

const noPty = spawnSync('script', ['--version']).error !== undefined;
const skipPty =
  skip || (noPty && 'SKIPPED: no script(1) for a terminal: as root, `apt-get install bsdutils`');
const skipDisk = skip || skipLoop;

/** One image for all: it is only read. */
const folder = folderOf(t);
const image = skip === false ? smallImage(folder) : '';

interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

function flash(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'flash', ...args], {
    encoding: 'utf8',
    env,
    input: '',
  });
  return { status, stdout, stderr };
}

/** On a terminal of its own, on which these lines are typed, each when its question is there. Answers all that it showed. */
async function typed(
  args: readonly string[],
  answers: [question: RegExp, line: string][],
  env = process.env,
) {
  const command = [process.execPath, HITLESS, 'flash', ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let screen = '';
  let from = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    const next = answers[0];
    const found = next?.[0].exec(screen.slice(from));
    if (next === undefined || found === null || found === undefined) return;
    from += found.index + found[0].length;
    answers.shift();
    child.stdin.write(next[1]);
  });
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { status, screen };
}

function holdsImage(path: string): boolean {
  return readFileSync(path).subarray(0, SIZE).equals(readFileSync(image));
}

t.test('a plain file is made, written and verified without root', { skip }, async (t) => {
  const target = join(folderOf(t), 'new.img');
  const { status, stdout, stderr } = flash([image, target, '--yes']);
  t.equal(status, 0, stderr);
  t.ok(holdsImage(target));
  t.equal(statSync(target).size, SIZE);
  t.equal(stdout, `${target}: written, read back and equal\nsha256 ${sha256(readFileSync(image))}\n`);
  t.match(stderr, /hitless 0\.1\.0 for virt, Linux 6\.1\.0-9-arm64, Node 24\.0\.0; all parts are whole\n/);
  for (const step of ['writing', 'verifying'])
    for (const percent of [25, 50, 75, 100])
      t.match(stderr, new RegExp(`^${step}: ${percent} %, [\\d.]+ MB/s, \\d+ s (left|in all)$`, 'm'));
});

t.test(
  'with --json the answer is one line, and the command of hitless gives what the program gives',
  {
    skip,
  },
  async (t) => {
    const target = join(folderOf(t), 'new.img');
    const args = [HITLESS, 'flash', '--json', '--yes', '--no-install', image, target];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', input: '' });
    t.equal(status, 0);
    t.match(JSON.parse(stdout), {
      target,
      bytes: SIZE,
      sha256: sha256(readFileSync(image)),
      ms: Number,
      board: 'virt',
      hitless: '0.1.0',
    });
    t.equal(stdout.split('\n').length, 2);
    const refused = spawnSync(process.execPath, [HITLESS, 'flash', '--no-install', `${image}.none`], {
      encoding: 'utf8',
    });
    t.match(refused, { status: 2, stderr: /^hitless: IMAGE_MISSING: / });
  },
);

t.test(
  'old data does not stay where the image has zeros, and what lies behind it is left',
  { skip },
  async (t) => {
    const target = join(folderOf(t), 'used.img');
    const old = noise(7, 1 << 20);
    writeFileSync(target, '');
    truncateSync(target, SIZE + old.length);
    for (let at = 0; at <= SIZE; at += 4 * old.length) patch(target, at, old);
    const { status, stderr } = flash([image, target, '--yes']);
    t.equal(status, 0, stderr);
    t.ok(holdsImage(target));
    t.ok(readFileSync(target).subarray(SIZE).equals(old));
  },
);

t.test('a smaller file grows', { skip }, async (t) => {
  const target = join(folderOf(t), 'small.img');
  writeFileSync(target, noise(8, 5_000_000));
  t.equal(flash([image, target, '--yes']).status, 0);
  t.ok(holdsImage(target));
});

t.test('a damaged image is refused before anything is asked or written', { skip }, async (t) => {
  const own = folderOf(t);
  const [bad, target] = [join(own, 'bad.img'), join(own, 'target.img')];
  const bytes = readFileSync(image);
  const at = bytes.indexOf(noise(1, 64), PLACES.b.start);
  writeFileSync(bad, bytes);
  patch(bad, at, Buffer.from([0]));
  const says = /^hitless: IMAGE_DAMAGED: .*bad\.img, slot b: .* part kernel has SHA-256 [0-9a-f]{64}, and /;
  t.match(flash([bad, target, '--yes']), { status: 2, stdout: '', stderr: says });
  truncateSync(bad, SIZE / 2);
  t.match(flash([bad, target, '--yes']), { status: 2, stderr: /^hitless: IMAGE_DAMAGED: .* is cut off: / });
  t.match(flash([PROGRAM, target, '--yes']), { status: 2, stderr: /^hitless: IMAGE_FOREIGN: / });
  t.notOk(existsSync(target));
});

t.test(
  'without a terminal and without --yes nothing is overwritten, and what to type is said',
  { skip },
  async (t) => {
    const target = join(folderOf(t), 'kept.img');
    writeFileSync(target, 'dear');
    const { status, stderr } = flash([image, target]);
    t.equal(status, 2);
    t.match(stderr, `type: hitless flash ${image} ${target} --yes`);
    t.match(stderr, /^hitless: FLASH_UNCONFIRMED: /m);
    t.equal(readFileSync(target, 'utf8'), 'dear');
  },
);

t.test('what is neither a disk nor a plain file is refused', { skip }, async (t) => {
  const own = folderOf(t);
  const env = withDisks(own, [disk({ path: '/dev/sdz' })]);
  const refuses = (target: string, says: RegExp) =>
    t.match(flash([image, target, '--yes'], env), { status: 2, stderr: says }, target);
  refuses(own, /TARGET_UNSUITABLE: .* is a folder/);
  refuses('/dev/null', /TARGET_UNSUITABLE: \/dev\/null is a device/);
  refuses('/dev/sdzz', /TARGET_MISSING: there is no disk \/dev\/sdzz; those that are there: \/dev\/sdz\n/);
  refuses(join(own, 'no/such.img'), /TARGET_MISSING: .*there is no folder /);
  refuses(image, /TARGET_UNSUITABLE: .* is the image itself/);
  symlinkSync(image, join(own, 'link.img'));
  refuses(join(own, 'link.img'), /TARGET_UNSUITABLE: .* is the image itself/);
  t.match(flash([]), { status: 2, stderr: /USAGE: flash needs an image/ });
  t.match(flash([image, 'a', 'b']), { status: 2, stderr: /USAGE: "b"/ });
});

t.test('a file that may not be written is refused, and kept', { skip }, async (t) => {
  const own = folderOf(t);
  const target = join(own, 'kept.img');
  writeFileSync(target, 'dear');
  chmodSync(target, 0o444);
  const words = [process.execPath, PROGRAM, 'flash', image, target, '--yes'];
  const program = words.map((word) => `'${word}'`).join(' ');
  // To root only that is forbidden which nobody can do: the folder is mounted read-only, in a namespace of its own.
  const readOnly = `mount --bind '${own}' '${own}' && mount -o remount,bind,ro '${own}' && ${program}`;
  const shell = process.getuid?.() === 0 ? ['unshare', '-m', 'sh', '-c', readOnly] : ['sh', '-c', program];
  const { status, stderr } = spawnSync(shell[0]!, shell.slice(1), { encoding: 'utf8', input: '' });
  const says = /TARGET_READ_ONLY: .*kept\.img cannot be opened to be written/;
  t.match({ status, stderr }, { status: 2, stderr: says });
  t.equal(readFileSync(target, 'utf8'), 'dear');
});

t.test(
  'disks that are in use, too small, read-only or built in are refused, each with its reason',
  { skip },
  async (t) => {
    const own = folderOf(t);
    const part = (other: object) => disk({ path: '/dev/sdz1', type: 'part', ...other });
    const on = (...children: object[]) => disk({ path: '/dev/sdz', children });
    const cases: [lists: object, target: string, says: RegExp][] = [
      [
        on(part({ mountpoints: [null, '/media/card'] })),
        '/dev/sdz',
        /TARGET_MOUNTED: \/dev\/sdz1 is mounted at \/media\/card; .*umount \/dev\/sdz1/,
      ],
      [
        disk({ path: '/dev/sdz', mountpoints: ['/mnt'] }),
        '/dev/sdz',
        /TARGET_MOUNTED: \/dev\/sdz is mounted at \/mnt/,
      ],
      [
        on(part({ mountpoints: ['[SWAP]'] })),
        '/dev/sdz',
        /TARGET_BUSY: \/dev\/sdz1 is used as swap: swapoff \/dev\/sdz1/,
      ],
      [
        on(part({ children: [disk({ path: '/dev/mapper/vg-x', type: 'lvm' })] })),
        '/dev/sdz',
        /TARGET_BUSY: .*\/dev\/mapper\/vg-x \(lvm\) lies on it/,
      ],
      [on(disk({ path: '/dev/md0', type: 'raid1' })), '/dev/sdz', /TARGET_BUSY: .*\/dev\/md0 \(raid1\)/],
      [
        on(part({ children: [disk({ path: '/dev/mapper/c', type: 'crypt', mountpoints: ['/'] })] })),
        '/dev/sdz',
        /TARGET_SYSTEM: \/dev\/sdz: this system runs from it/,
      ],
      [on(part({ mountpoints: ['/boot/firmware'] })), '/dev/sdz', /TARGET_SYSTEM: /],
      [
        on(part({})),
        '/dev/sdz1',
        /TARGET_UNSUITABLE: \/dev\/sdz1 is not a whole disk but a part of \/dev\/sdz/,
      ],
      [
        disk({ path: '/dev/sr0', type: 'rom' }),
        '/dev/sr0',
        /TARGET_UNSUITABLE: \/dev\/sr0 is no disk \(lsblk calls it "rom"\)/,
      ],
      [disk({ path: '/dev/sdz', ro: true }), '/dev/sdz', /TARGET_READ_ONLY: \/dev\/sdz is read-only/],
      [
        disk({ path: '/dev/sdz', size: SIZE - 512 }),
        '/dev/sdz',
        /TARGET_TOO_SMALL: \/dev\/sdz has 83885568 bytes, and the image 83886080/,
      ],
      [
        disk({ path: '/dev/sdz', rm: false, hotplug: false }),
        '/dev/sdz',
        /TARGET_NOT_REMOVABLE: .*say it twice: \/dev\/sdz --not-removable/,
      ],
    ];
    for (const [lists, target, says] of cases) {
      const env = withDisks(own, [lists]);
      t.match(flash([image, target, '--yes'], env), { status: 2, stdout: '', stderr: says });
    }
    // What is in use stays refused, whatever is said.
    const env = withDisks(own, [on(part({ mountpoints: ['/'] }))]);
    t.match(flash([image, '/dev/sdz', '--yes', '--not-removable'], env).stderr, /TARGET_SYSTEM/);
    // A disk that is built in is not taken without its name either.
    const internal = withDisks(own, [disk({ path: '/dev/sdz', rm: false, hotplug: false })]);
    t.match(
      flash([image, '--yes', '--not-removable'], internal).stderr,
      /TARGET_MISSING: there is no removable disk/,
    );
  },
);

t.test(
  'the slot of an SD card, which calls itself hot-pluggable, is removable; an empty reader is no disk',
  { skip },
  async (t) => {
    const own = folderOf(t);
    const card = disk({ path: '/dev/mmcblk7', rm: false, model: null });
    const env = withDisks(own, [card, disk({ path: '/dev/sdz', size: 0 })]);
    const { status, stderr } = flash([image], env);
    t.equal(status, 2);
    t.match(
      stderr,
      /TARGET_MISSING: name the disk; there are\n {2}mmcblk7 {2}\/dev\/mmcblk7, 31\.9 GB\nType, for example: hitless flash .* \/dev\/mmcblk7 --yes\n/,
    );
  },
);

t.test('an lsblk that answers something else is an error, and no leave to write', { skip }, async (t) => {
  const own = folderOf(t);
  const { mountpoints: _, ...old } = disk({ path: '/dev/sdz' });
  const says = /TOOL_FAILED: lsblk answered what is not understood: .*mountpoints.*2\.37/;
  t.match(flash([image, '/dev/sdz', '--yes'], withDisks(own, [old])), { status: 2, stderr: says });
});

t.test(
  'on a terminal the name of the file or "yes" is asked for, and anything else writes nothing',
  { skip: skipPty },
  async (t) => {
    const own = folderOf(t);
    const target = join(own, 'new.img');
    const question = /All that is on .*new\.img will be lost\. Type "yes" or its name to go on: /;
    const no = await typed([image, target], [[question, 'y\r']]);
    t.match(no, { status: 2, screen: /FLASH_UNCONFIRMED: "y" is neither; nothing was written/ });
    const closed = await typed([image, target], [[question, '\u0004']]);
    t.match(closed, { status: 2, screen: /FLASH_UNCONFIRMED: no answer was given; nothing was written/ });
    const interrupted = await typed([image, target], [[question, '\u0003']]);
    t.match(interrupted, { status: 2, screen: /FLASH_UNCONFIRMED: no answer was given/ });
    t.notOk(existsSync(target));
    const yes = await typed([image, target], [[question, 'YES\r']]);
    t.match(yes, {
      status: 0,
      screen: /\rwriting: 100 %, .*\r\n.*\rverifying: 100 %, .*\r\n.*written, read back/s,
    });
    t.ok(holdsImage(target));
  },
);

t.test(
  'a real block device is written and read back, if it is said twice that it is not removable',
  { skip: skipDisk },
  async (t) => {
    const { device, backing } = loopDevice(t, folderOf(t), SIZE + 4096);
    patch(backing, 50 << 20, noise(7, 1 << 20));
    t.match(flash([image, device, '--yes']), { status: 2, stderr: /TARGET_NOT_REMOVABLE: / });
    const says = `type: hitless flash ${image} ${device} --not-removable --yes`;
    t.match(flash([image, device, '--not-removable']), { status: 2, stderr: says });
    t.not(readFileSync(backing).readUInt16LE(510), 0xaa55, 'untouched so far');
    const { status, stderr } = flash([image, device, '--yes', '--not-removable']);
    t.equal(status, 0, stderr);
    t.ok(holdsImage(backing));
  },
);

t.test('a block device that is too small is refused by its real size', { skip: skipDisk }, async (t) => {
  const { device } = loopDevice(t, folderOf(t), SIZE - 4096);
  const { status, stderr } = flash([image, device, '--yes', '--not-removable']);
  t.match(
    { status, stderr },
    { status: 2, stderr: /TARGET_TOO_SMALL: .* has 83881984 bytes, and the image 83886080/ },
  );
});

t.test(
  'a mounted disk is refused, also one that is mounted where lsblk does not look',
  { skip: skipDisk },
  async (t) => {
    const own = folderOf(t);
    const { device } = loopDevice(t, own, SIZE);
    run('mke2fs', ['-q', '-F', '-t', 'ext4', device]);
    mkdirSync(join(own, 'mnt'));
    const args = [image, device, '--yes', '--not-removable'];
    // In a mount namespace of its own, which ends with the shell.
    const inside = (command: string) => ['-m', 'sh', '-c', `mount ${device} '${own}/mnt' && ${command}`];
    const program = [process.execPath, PROGRAM, 'flash', ...args].map((word) => `'${word}'`).join(' ');
    const seen = spawnSync('unshare', inside(program), { encoding: 'utf8' });
    t.match(seen, { status: 2, stderr: `TARGET_MOUNTED: ${device} is mounted at ${own}/mnt` });

    const holder = spawn('unshare', inside('echo mounted && exec cat'), {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await said(holder, /mounted/);
    const hidden = flash(args);
    holder.stdin.end();
    await new Promise((resolve) => holder.once('close', resolve));
    t.match(hidden, { status: 2, stderr: `TARGET_BUSY: ${device} is in use` });
  },
);

t.test(
  'without a target the removable disks are listed, and one is asked for, then its confirmation',
  { skip: skipPty || skipLoop },
  async (t) => {
    const own = folderOf(t);
    const { device, backing } = loopDevice(t, own, SIZE);
    const name = device.replace('/dev/', '');
    const env = withDisks(own, [
      disk({ path: device, size: SIZE }),
      disk({ path: '/dev/sdy', size: 1000, model: 'Tiny \u001b[31m' }),
      disk({ path: '/dev/sdx', rm: false, hotplug: false, model: 'Built in' }),
    ]);
    const which = /Which one shall be overwritten\? /;
    const other = await typed([image], [[which, 'sdx\r']], env);
    t.match(other, { status: 2, screen: /FLASH_UNCONFIRMED: there is no "sdx" in the list/ });
    t.match(
      other.screen,
      /sdy +\/dev\/sdy, 0\.0 GB, Tiny \?\[31m {2}\(not possible: \/dev\/sdy has 1000 bytes/,
    );
    t.notMatch(other.screen, /Built in/);
    const small = await typed([image], [[which, 'sdy\r']], env);
    t.match(small, { status: 2, screen: /TARGET_TOO_SMALL: / });
    const sure = /All that is on .*, SD Card Reader will be lost\. Type "yes" or its name to go on: /;
    const done = await typed(
      [image],
      [
        [which, `${name}\r`],
        [sure, `${name}\r`],
      ],
      env,
    );
    t.match(done, { status: 0, screen: /written, read back and equal/ });
    t.ok(holdsImage(backing));
  },
);

t.test(
  'a disk that was changed for another one after the question is left alone',
  { skip: skipPty },
  async (t) => {
    const own = folderOf(t);
    const env = withDisks(own, [disk({ path: '/dev/sdz' })]);
    // The second time lsblk is asked there is another card in the reader.
    const other = JSON.stringify({ blockdevices: [disk({ path: '/dev/sdz', serial: '4711' })] });
    writeFileSync(join(own, 'programs/other'), other);
    const script = `#!/bin/sh\ncat '${own}/programs/answer'\nmv '${own}/programs/other' '${own}/programs/answer' 2>/dev/null\nexit 0\n`;
    writeFileSync(join(own, 'programs/lsblk'), script);
    const { status, screen } = await typed([image, '/dev/sdz'], [[/to go on: /, 'yes\r']], env);
    t.match({ status, screen }, { status: 2, screen: /TARGET_MISSING: \/dev\/sdz is not the disk any more/ });
  },
);

t.test('who interrupts it is told that the target is not bootable, and it is not', { skip }, async (t) => {
  const target = join(folderOf(t), 'slow.img');
  // On a fast machine it may be done before the signal is there: then it is tried again.
  for (let attempt = 1; ; attempt++) {
    const child = spawn(process.execPath, [HITLESS, 'flash', '--no-install', image, target, '--yes'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stderr = said(child, /writing: 25 %/);
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    await stderr;
    child.kill('SIGINT');
    const status = await closed;
    if (status === 0 && attempt < 10) continue;
    t.equal(status, 2);
    t.match(
      (await stderr).text,
      /hitless: FLASH_INTERRUPTED: .*slow\.img is not bootable: it was interrupted, .*Flash it again before it is used\n/,
    );
    const start = readFileSync(target).subarray(0, 1 << 20);
    t.ok(start.equals(Buffer.alloc(start.length)), 'it has no partition table');
    return;
  }
});

/** Waits until a program has printed this; what it prints afterwards is in the answer too. */
function said(child: ChildProcess, pattern: RegExp): Promise<{ text: string }> {
  const all = { text: '' };
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        all.text += text;
        if (pattern.test(all.text)) resolve(all);
      });
    child.once('close', (code) =>
      reject(new Error(`it ended with ${code}, without ${pattern}:\n${all.text}`)),
    );
  });
}
