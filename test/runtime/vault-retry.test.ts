/** A decision that cannot be written, on a disk that stays full for long. */
import { mock } from 'node:test';
import t from 'tap';
import type { Kernel } from '../../runtime/kernel.ts';
import { Vault } from '../../runtime/upgrade/vault.ts';
import type { VersionSet } from '../../runtime/upgrade/version-set.ts';

t.test('its attempts are told at milestones, and so is the one that succeeds', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  let full = true;
  let attempts = 0;
  const set = {
    promote: async () => {
      attempts++;
      if (full) throw new Error('ENOSPC: no space left on device');
    },
  } as unknown as VersionSet;
  const lines: string[] = [];
  const kernel = {
    log: ({ level, text }: { level: string; text: string }) => lines.push(`${level}: ${text}`),
  } as unknown as Kernel;
  const vault = new Vault(set, kernel);
  vault.promote();
  await vault.settled();
  for (let second = 0; second < 120; second++) {
    mock.timers.tick(1000);
    await vault.settled();
  }
  t.equal(attempts, 121, 'it is tried each second');
  t.equal(lines.length, 3, lines.join('\n'));
  t.match(lines[0], /^error: committed, not durable: .*ENOSPC/);
  t.match(lines[1], /, 10 attempts$/);
  t.match(lines[2], /, 100 attempts$/);

  vault.promote();
  await vault.settled();
  t.equal(lines.length, 4, 'another decision is told of');

  full = false;
  mock.timers.tick(1000);
  await vault.settled();
  t.match(lines[4], /^info: durable again, after 122 attempts that failed/);
});
