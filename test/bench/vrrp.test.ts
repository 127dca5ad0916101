/** The quick bench of VRRP; and controls: of a router that falls silent, and of one that waits longer, it is seen. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CAPTURE_NEEDS } from '../../bench/peer-needs.ts';
import { BACKUP, BEYOND, longer, PACKET, spacingTaken, TAKE_OVERS } from '../../bench/vrrp/cases.ts';
import { watchDeaths } from '../../bench/vrrp/death.ts';
import { START, type StartRouter } from '../../bench/vrrp/router.ts';
import { watchSpacing } from '../../bench/vrrp/spacing.ts';
import { KEEPALIVED_NEEDS, LAB_NEEDS, missing } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../netns.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(280_000);

const lacking = missing([...LAB_NEEDS, ...KEEPALIVED_NEEDS, ...CAPTURE_NEEDS]);
const skip =
  NetworkNamespace.unavailable || (lacking.length > 0 && `SKIPPED: not there: ${JSON.stringify(lacking)}`);
/** A timer of either side may ring so much too early, in ms. */
const EARLY_MS = 1;

t.test(
  'the quick bench of VRRP sees the advertisements and the take-overs of each side',
  { skip },
  async (t) => {
    const result = await runBench(t, 'vrrp');
    const sides = ['hitless', 'keepalived'];
    const fast = ['fast-idle-20ms', 'fast-load-20ms', 'fast-idle-10ms', 'fast-load-10ms'];
    const cases = [
      'jitter-idle-100ms',
      'jitter-load-100ms',
      'rt-idle-100ms',
      'rt-load-100ms',
      ...fast,
      'death',
    ];
    isSound(
      t,
      result,
      cases.flatMap((name) => sides.map((side) => [name, side] as const)),
    );
    for (const side of sides) {
      t.equal(find(result, 'death', side, PACKET)?.samples, 2, side);
      t.ok(find(result, 'death', side, BEYOND)!.median > -EARLY_MS, `${side} waits for the Active`);
      for (const name of fast) {
        if (find(result, name, side, 'jitter') === undefined) continue;
        const part = (intervals: number) => find(result, name, side, longer(intervals))!.median;
        t.ok(part(2) >= part(3) && part(3) >= part(4), `${name}, ${side}`);
        t.equal(find(result, name, side, TAKE_OVERS)?.samples, 1, `${name}, ${side}`);
      }
    }
    t.equal(result.gates.length, 4 * 2 + 2 + 2);
  },
);

/** keepalived that gets no processor for 200 ms, again and again: ten intervals. */
const halting: StartRouter = async (options) => {
  const router = await START.keepalived(options);
  const pid = Number(readFileSync(join(options.directory, 'kv.pid'), 'utf8'));
  let isHalted = false;
  const timer = setInterval(() => {
    isHalted = !isHalted;
    process.kill(pid, isHalted ? 'SIGSTOP' : 'SIGCONT');
  }, 200);
  return {
    async stop() {
      clearInterval(timer);
      process.kill(pid, 'SIGCONT');
      await router.stop();
    },
  };
};

t.test(
  'a router that falls silent again and again is seen to, and that the Backup takes over',
  { skip },
  async (t) => {
    const interval = 0.02;
    const groups = [{ group: 51, priority: 250, interval, address: '10.0.1.51' }];
    const { idle } = await watchSpacing({
      ...toolsOf(t),
      side: 'keepalived that halts',
      start: halting,
      groups,
      realtime: undefined,
      backup: BACKUP,
      watched: 2_000,
    });
    const { values } = spacingTaken(idle.get(interval)!, interval);
    t.ok(values[longer(4)]![0]! > 0, `${values[longer(4)]} %`);
    t.ok(values[TAKE_OVERS]![0]! >= 1, `${values[TAKE_OVERS]} take-overs`);
  },
);

t.test('a survivor of the least priority is seen to wait longer', { skip }, async (t) => {
  const start: StartRouter = ({ groups, ...options }) =>
    START.keepalived({ ...options, groups: groups.map((group) => ({ ...group, priority: 1 })) });
  const deaths = await watchDeaths({ ...toolsOf(t), side: 'keepalived', start, deaths: 2 });
  t.equal(deaths.length, 2);
  // Skew_Time (RFC 9568 6.1) of 1, less that of 200.
  const more = (199 * 100) / 256;
  for (const { beyond } of deaths) t.ok(beyond > more - EARLY_MS, `${beyond} ms`);
});

function toolsOf(t: Test): { program: string; makeDirectory: () => string } {
  const root = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return { program: '', makeDirectory: () => mkdtempSync(join(root, 'work-')) };
}
