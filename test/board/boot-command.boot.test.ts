/** `hitless boot`: an image in one command, with its console and a LAN of this machine; afterwards all is as it was. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { NetworkNamespace } from '../netns.ts';
import { built, copyOf } from './built.ts';
import { areEqual, BOOT, unavailable, until } from './machine.ts';
import { CONFIG } from './site.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));
const lacks = (board: string) => NetworkNamespace.unavailable || unavailable(board);

/** The board boots, is reached on its LAN and its console, and its image stays as it was. */
async function bootsOnce(t: Test, board: string, config: string, shown: RegExp): Promise<void> {
  const space = NetworkNamespace.create('boot');
  const image = join(t.testdir(), 'router.img');
  copyOf(built(board, config), image);
  const child = spawn(
    'ip',
    [
      'netns',
      'exec',
      space.name,
      process.execPath,
      HITLESS,
      'boot',
      image,
      '--no-install',
      '--lan',
      'lan0=10.0.1.2/24',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const closed = once(child, 'close');
  t.teardown(async () => {
    child.kill('SIGTERM');
    await closed;
    space.cleanup();
  });
  const pty = await until('its console is named', 60_000, () => {
    if (child.exitCode !== null) throw new Error(said);
    return /^(\/dev\/pts\/\d+) is its console: hitless console/m.exec(said)?.[1];
  });
  t.match(said, shown);
  const line = await openSerial(pty, 115_200);
  let heard = '';
  line.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  await until(
    'it boots',
    BOOT,
    () => (/Non-Stop Router, serial console/.test(heard) ? true : undefined),
    () => `: ${said}${heard.slice(-2000)}`,
  );
  t.match(heard, new RegExp(`supervisor: hitless on ${board}, slot a, `));
  line.destroy();
  // A port where nobody listens is refused by whoever is there.
  const knock = `require('node:net').connect(1, '10.0.1.1').on('error', ({ code }) => console.log(code))`;
  t.match(space.exec([process.execPath, '-e', knock]), 'ECONNREFUSED');

  child.kill('SIGTERM');
  t.same(await closed, [0, null]);
  t.notMatch(space.exec(['ip', '-o', 'link']), 'lan0');
  t.ok(areEqual(built(board, config).path, image));
}

t.test(
  'an image boots, is reached on its LAN and its console, and stays as it was',
  { skip: lacks('virt') },
  (t) => bootsOnce(t, 'virt', CONFIG, /QEMU virt, arm64 is on: eth0 on lan0; the image stays as it is/),
);

t.test(
  'so does that of a PC, from a disk and with a network card as real ones have',
  { skip: lacks('pc') },
  (t) =>
    bootsOnce(
      t,
      'pc',
      CONFIG.replace('ttyAMA0', 'ttyS0'),
      /PC board with a serial port, x86_64 is on: eth0 on lan0; the image stays as it is/,
    ),
);

t.test(
  'on a terminal its console is the terminal, and Ctrl-A X switches it off',
  { skip: lacks('virt') },
  async (t) => {
    const { path } = built('virt', CONFIG);
    const child = spawn(
      'script',
      ['-qec', `"${process.execPath}" "${HITLESS}" boot "${path}" --no-install`, '/dev/null'],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    const closed = once(child, 'close');
    t.teardown(async () => {
      child.kill('SIGTERM');
      await closed;
    });
    const shows = (pattern: RegExp) =>
      until(
        `it shows ${pattern}`,
        BOOT,
        () => {
          if (child.exitCode !== null) throw new Error(shown);
          return pattern.test(shown) || undefined;
        },
        () => `: ${shown}`,
      );
    await shows(/eth0 on the emulator's network; the image stays as it is; Ctrl-A X switches it off/);
    await shows(/U-Boot \d/);
    child.stdin.write('\x01x');
    t.same(await closed, [0, null]);
  },
);
