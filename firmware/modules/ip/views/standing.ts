/** How a candidate stands: whether it is selected, whether the kernel has it, and why not. */
import { bestOf } from '../rib/rib.ts';
import { compare, mayInstall, usableOf } from '../rib/selection.ts';
import {
  type Candidate,
  candidateKey,
  hopKey,
  type Prefix,
  type ResolvedHop,
  type State,
  sameHops,
  tableOfKey,
} from '../state.ts';

export type InKernel = 'yes' | 'no' | 'waiting' | 'refused';

export interface Standing {
  candidate: Candidate;
  selected: boolean;
  inKernel: InKernel;
  /** Where it leads, as far as that is known. */
  hops: readonly ResolvedHop[];
  /** Why it is not selected; empty where it is. */
  why: string;
  /** The kernel's words; empty where it does not refuse it. */
  refusal: string;
}

/** All candidates of a prefix, the best first. */
export function standingsOf(state: State, key: string, row: Readonly<Prefix>): Standing[] {
  const usable = new Map(
    row.candidates.flatMap((candidate) => {
      const way = usableOf(state, key, candidate);
      return way === undefined ? [] : [[candidate, way] as const];
    }),
  );
  const inOrder = row.candidates.toSorted(
    (one, other) => Number(usable.has(other)) - Number(usable.has(one)) || compare(one, other),
  );
  const ours = inOrder.find((candidate) => candidate.direct === undefined && usable.has(candidate));
  const best = bestOf(row);
  return inOrder.map((candidate) => {
    const hops = usable.get(candidate)?.hops ?? [];
    const isOurs = candidate === ours && mayInstall(row.candidates);
    const inKernel =
      candidate.direct !== undefined ? 'yes' : isOurs ? stateIn(state, row, candidate, hops) : 'no';
    const refusal = inKernel === 'refused' ? (row.refused?.message ?? '') : '';
    return {
      candidate,
      selected: candidateKey(candidate) === row.best,
      inKernel,
      hops,
      why:
        candidateKey(candidate) === row.best
          ? ''
          : whyNot(state, key, row, candidate, best, usable.has(candidate)),
      refusal,
    };
  });
}

function stateIn(
  { kernel }: State,
  row: Readonly<Prefix>,
  { type }: Candidate,
  hops: readonly ResolvedHop[],
): InKernel {
  const { fib, refused } = row;
  if (refused !== undefined) return 'refused';
  if (fib !== undefined && fib.type === type && sameHops(fib.hops, hops)) return 'yes';
  return row.asked !== undefined || row.dirty !== undefined || !kernel.listed ? 'waiting' : 'no';
}

function whyNot(
  state: State,
  key: string,
  { best: selected, dirty }: Readonly<Prefix>,
  candidate: Candidate,
  best: Candidate | undefined,
  isUsable: boolean,
): string {
  if (!isUsable) return `no next hop: ${candidate.hops.map((hop) => hopWords(state, key, hop)).join(', ')}`;
  if (best === undefined || selected === undefined || dirty !== undefined) return 'it waits to be looked at';
  if (best.source === 'connected') return 'it is connected';
  if (best.direct !== undefined) return `another program's route with metric ${best.metric} goes first`;
  if (best.distance !== candidate.distance)
    return `distance ${candidate.distance}, ${best.source} has ${best.distance}`;
  if (best.metric !== candidate.metric)
    return `metric ${candidate.metric}, ${best.source} has ${best.metric}`;
  return `${best.source} is as good, and goes first`;
}

/** `10.9.9.9 no route`. */
function hopWords(state: State, key: string, hop: Candidate['hops'][number]): string {
  const found = state.nextHops.get(hopKey(tableOfKey(key), hop))?.state ?? 'not looked for yet';
  const name = hop.gateway ?? hop.interface ?? '';
  // One that is reached over the prefix itself counts as none.
  return `${name} ${found === 'reachable' ? 'over this route itself' : found}`;
}
