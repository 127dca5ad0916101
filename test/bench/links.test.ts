/** The quick bench of links: each kind of change is known on all sides. */
import t from 'tap';
import { KINDS } from '../../bench/links/job.ts';
import { LAB_NEEDS, missing } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../netns.ts';
import { find, isSound, runBench } from './run-bench.ts';

t.setTimeout(200_000);

const lacking = missing(LAB_NEEDS);
const skip =
  NetworkNamespace.unavailable || (lacking.length > 0 && `SKIPPED: not there: ${JSON.stringify(lacking)}`);

t.test('the quick bench of links sees each change, by both events and by ip monitor', { skip }, async (t) => {
  const result = await runBench(t, 'links');
  const sides = ['hitless, event of IP', 'hitless, event of the host', 'ip monitor'];
  isSound(
    t,
    result,
    sides.map((side) => ['links', side] as const),
  );
  const samples: Record<string, number> = {
    'loses carrier, held back': 2,
    'changes MTU': 20,
    'changes address': 20,
  };
  for (const side of sides)
    for (const kind of KINDS)
      t.equal(find(result, 'links', side, kind)?.samples, samples[kind] ?? 10, `${side}: ${kind}`);
  // An answer of the kernel takes no more than all of it.
  const host = 'hitless, event of the host';
  for (const kind of KINDS)
    t.ok(
      find(result, 'links', host, `${kind}: our part`)!.median <= find(result, 'links', host, kind)!.median,
      kind,
    );
  t.equal(result.gates.length, 2 * KINDS.length, 'each kind has a goal, for both events');
});
