/** README's sections for a newcomer at the console, typed in their order: what they show is what happens. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { MonitorReport } from '../../firmware/console/monitor-report.ts';
import { labUnavailable } from '../lab/lab-under-test.ts';
import { ConsoleSession } from './console-session.ts';
import { eventuallyAsync, RouterLab, relayFaults } from './router-lab.ts';

const README = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');

function sectionOf(heading: string): string {
  return README.split(`\n${heading}\n`)[1]?.split(/\n#+ /, 1)[0] ?? '';
}

/** What a section of README types, and what it shows below each of the commands. */
function typedIn(heading: string): { command: string; shown: string[] }[] {
  const screen = sectionOf(heading).split('```')[1] ?? '';
  return screen
    .split('\nhitless> ')
    .slice(1)
    .map((part) => {
      const [command = '', ...shown] = part.trimEnd().split('\n');
      return { command, shown };
    });
}

/** A line without what differs from run to run: times, relay numbers, and a monitor's packets and longest interval. */
function masked(line: string): string {
  return line
    .replaceAll(/\d+(\.\d+)?(?= µs)|(?<=msg : )\d+/g, 'N')
    .replaceAll(/ +/g, ' ')
    .replace(/^(\w+ \w+ \S+) \d+ (\d+) \d+ /, '$1 N $2 N ');
}

t.test(
  'README, typed in its order: a swap that is seen, one that is broken, one that works again, and a commit',
  { skip: labUnavailable(), timeout: 240_000 },
  async (t) => {
    const lab = await RouterLab.start(t, { timing: { period: 1000, hello: 1, dead: 4, advert: 100 } });
    const [replace, monitors] = typedIn('## See it');
    const [settimer, fault, group] = typedIn('## Break it');
    t.ok(replace && monitors && settimer && fault && group, 'README has both sections');

    await t.test('what you will see', async (t) => {
      const isRelay = (line: string) => line.includes(' got msg : ');
      const shown = replace!.shown.map(masked);
      t.same(
        (await lab.text(replace!.command)).map(masked),
        shown.filter((line) => !isRelay(line)),
      );
      // What modules send goes on.
      for (const relay of shown.filter(isRelay))
        await eventuallyAsync(relay, 10_000, async () => lab.lines.map(masked).includes(relay) || undefined);

      await eventuallyAsync('each monitor has packets', 20_000, async () => {
        const all = await lab.data<MonitorReport[]>(monitors!.command);
        return all.every(({ sources }) => (sources[0]?.packets ?? 0) >= 3) || undefined;
      });
      // Whoever was heard first comes first.
      t.same((await lab.text(monitors!.command)).map(masked).sort(), monitors!.shown.map(masked).sort());
    });

    await t.test('now break it', async (t) => {
      const before = await versions(lab);
      const others = [...sectionOf('## Break it').matchAll(/`(fault [^`]+)`/g)].map(
        ([, command]) => command!,
      );
      t.ok(others.length >= 3, others.join(', '));
      t.ok((await lab.exec(settimer!.command)).ok, settimer!.command);
      for (const command of [fault!.command, ...others]) {
        t.ok((await lab.exec(command)).ok, command);
        t.match(await lab.exec(group!.command), { ok: false, code: 'TRANSACTION_ABORTED' }, command);
        t.same(await versions(lab), before, `${command}: both old versions go on`);
      }
      t.match(await lab.exec(group!.command), { ok: true }, 'the next transaction works again');
      t.notSame(await versions(lab), before);
      t.same(relayFaults(lab.relays()), [], 'what was held came out in order');
    });

    await t.test('configure it', async (t) => {
      const typed = typedIn('## Configure it').map(({ command }) => command);
      t.match(typed.at(-1), /^commit confirm/);
      const session = await ConsoleSession.open(t, lab.facts.console);
      await session.all(...typed);
      const [, module, , name, key, value] = typed.at(-2)!.split(' ').slice(0, 6) as string[];
      t.match(await session.all(`show configuration ${module}`), new RegExp(`${name}: .*${key}: ${value}`));
      await session.all('rollback');
      t.notMatch(await session.all(`show configuration ${module}`), new RegExp(`${key}: ${value}`));
    });
  },
);

async function versions(lab: RouterLab): Promise<string[]> {
  const modules = await lab.data<{ name: string; version: string }[]>('show modules');
  return modules.map(({ name, version }) => `${name} ${version}`);
}
