/**
 * Two routers of ours with FRR and BIRD under faults by chance: each time databases become equal, and all kernels' routes are those of
 * the network as it is. HITLESS_OSPF_STEPS: so many steps; SEED: another order.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { wholeFrom } from '../random.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync, sleep } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import { Field } from './faults/field.ts';
import type { Node } from './faults/node.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;
const STEPS = Number(process.env.HITLESS_OSPF_STEPS ?? 3);
const IS_LONG = process.env.HITLESS_OSPF_STEPS !== undefined;
const SEED = Number(process.env.SEED ?? 1);

/** While two routers have one id. */
const SWAPS_MORE = 3;

t.setTimeout(0);

function helped({ lifted: { frr, bird }, leftOut }: Field): string {
  return `FRR was helped ${frr} times, BIRD ${bird}, whose routes were left out ${leftOut} times`;
}

/** Faults by chance, step by step. @returns whether the network came to rest each time */
async function disturb(t: Test, field: Field): Promise<boolean> {
  const choose = wholeFrom(SEED);
  const done: string[] = [];
  let longest = 0;
  for (let step = 1; step <= STEPS; step++) {
    const faults: string[] = [];
    for (let left = 1 + choose(3); left > 0; left--) faults.push(await field.disturb(choose));
    done.push(`${step}: ${faults.join(', ')}`);
    try {
      const { took, last } = await field.rest();
      longest = Math.max(longest, took);
      if (IS_LONG)
        console.error(
          `${done.at(-1)}; at rest in ${Math.round(took)} ms, ${helped(field)}${took > 20_000 ? `, last:\n${last}` : ''}`,
        );
    } catch (thrown) {
      // A test's message comes on one line.
      console.error((thrown as Error).message);
      t.fail(`seed ${SEED}: ${(thrown as Error).message}\n${done.join('\n')}`);
      return false;
    }
  }
  const swaps = field.nodes.reduce((sum, node) => sum + node.swaps, 0);
  t.pass(`${STEPS} steps, ${swaps} swaps, at rest within ${Math.round(longest)} ms; ${helped(field)}`);
  return true;
}

/** LSAs that a router of ours has made since it started. */
async function originated(node: Node): Promise<number> {
  const { state } = (await node.run('show state OSPF')) as { state: { counters: Record<string, number> } };
  return state.counters.originated ?? 0;
}

t.test('a network with FRR and BIRD comes to rest after any faults', { skip }, async (t) => {
  const field = await Field.make(t);
  await field.rest();
  if (!(await disturb(t, field))) return;
  await field.mend();
  await field.rest();

  // A control: a cable that is cut while nobody is told is found out.
  const silent = field.cables.ports.find(({ cable, node }) => cable === 'l1' && node === 'a')!;
  field.cables.setCarrier(silent, false);
  silent.carrier = true;
  await eventuallyAsync('the fault is found', 60_000, () => field.broken());
  field.cables.setCarrier(silent, true);
  await field.rest();

  // Two routers of one id, on one LAN: each makes its LSAs anew when it hears those of the other, but not for ever faster.
  const [ours, theirs] = [field.node('a'), field.node('f')];
  await theirs.kill();
  theirs.routerId = ours.routerId;
  await theirs.start();
  const [before, began] = [await originated(ours), performance.now()];
  for (let i = 0; i < SWAPS_MORE; i++) {
    await ours.swap();
    await sleep(2_000);
  }
  const made = (await originated(ours)) - before;
  // Router-LSA, network-LSA and external one, each once in MinLSInterval of a second.
  const most = 3 * (Math.ceil((performance.now() - began) / 1000) + 1);
  t.ok(made <= most, `${made} LSAs were made, and at most ${most} may be`);
  if (IS_LONG)
    console.error(`two of one id: ${made} of at most ${most}\n${ours.output}\n--\n${theirs.output}`);
  await theirs.kill();
  theirs.routerId = theirs.plan.host;
  await theirs.start();
  await field.rest();
});
