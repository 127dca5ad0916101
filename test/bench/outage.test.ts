/** The quick outage bench beside real FRR and keepalived: what was seen is counted, what was left out is named. */
import t from 'tap';
import { FRR_NEEDS, KEEPALIVED_NEEDS, LAB_NEEDS, missing } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../netns.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(280_000);

const lacking = missing([...LAB_NEEDS, ...FRR_NEEDS, ...KEEPALIVED_NEEDS]);
const skip =
  NetworkNamespace.unavailable ||
  (process.getuid?.() !== 0 && 'SKIPPED: FRR runs only as root; run the tests as root') ||
  (lacking.length > 0 && `SKIPPED: not there: ${JSON.stringify(lacking)}`);

t.test(
  'the quick outage bench sees packets of every router, and that restarts are noticed',
  { skip },
  async (t) => {
    const result = await runBench(t, 'outage');
    isSound(t, result, [
      ...['ospf', 'ospf-none'].flatMap((name) =>
        ['hitless', 'FRR restart', 'FRR restart, tuned', 'FRR restart, graceful'].map(
          (side) => [name, side] as const,
        ),
      ),
      ...['vrrp', 'vrrp-none'].flatMap((name) =>
        ['hitless', 'keepalived restart'].map((side) => [name, side] as const),
      ),
    ]);
    for (const m of result.measurements) {
      const what = `${m.case}, ${m.side}, ${m.metric}: ${m.median}, ${m.messages} packets`;
      t.ok(m.messages >= 2 && m.median >= 0, what);
      if (m.metric === 'longest gap') t.ok(m.median > 0, what);
    }
    const changes = (name: string, side: string, metric: string) => find(result, name, side, metric)!.median;
    t.ok(
      changes('ospf', 'FRR restart', 'neighbour state changes') > 0,
      'the neighbour saw the restart of FRR',
    );
    t.ok(
      changes('vrrp', 'keepalived restart', 'role changes of the neighbour') >= 2,
      'the neighbour took over from keepalived and gave back',
    );
    t.strictSame(
      [...new Set(result.absent.map(({ side, reason }) => `${side}: ${reason}`))],
      ['FRR restart, tuned: left out by --quick', 'FRR restart, graceful: left out by --quick'],
    );
  },
);
