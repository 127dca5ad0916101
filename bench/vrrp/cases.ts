/** The cases: virtual routers that advertise, and the death of the Active, on each side. */
import type { KeepalivedGroup } from '../outage/keepalived.ts';
import { PRIORITY } from '../priority.ts';
import type { Series, Taken } from '../series.ts';
import { type Death, type DeathJob, watchDeaths } from './death.ts';
import { START, type VrrpSide } from './router.ts';
import { type Spacing, type SpacingJob, type Spacings, WHEN, watchSpacing } from './spacing.ts';

export const SIDES = ['hitless', 'keepalived'] as const satisfies readonly VrrpSide[];
export const CASES = ['jitter', 'rt', 'fast', 'death'] as const;
export type Case = (typeof CASES)[number];

/** Priority of the Backup beside those that are fast: the higher, the sooner it takes over (RFC 9568 6.1, Skew_Time). */
export const BACKUP = 200;
/** Spacings of so many intervals and more are counted. After 3 and Skew_Time a Backup takes over. */
export const LONG = [2, 3, 4] as const;
export const JITTER = 'jitter';
export const TAKE_OVERS = 'take-overs';
export const PACKET = 'death to first packet';
export const BEYOND = 'beyond Active_Down_Interval';
const WORDS = { idle: 'idle', load: 'under load' } as const;

export function longer(intervals: number): string {
  return `later than ${intervals} intervals`;
}

/** @param interval in s */
export function caseOf(name: string, when: string, interval: number): string {
  return `${name}-${when}-${wordOf(interval)}`;
}

function wordOf(interval: number): string {
  return interval < 1 ? `${interval * 1_000}ms` : `${interval}s`;
}

interface Setting {
  case: Case;
  title: string;
  groups: readonly KeepalivedGroup[];
  realtime?: number;
  backup?: number;
}

const FIRST = 51;
/** They become Active one after the other, and so they advertise. */
const STEP = 4;

function groupsOf(counts: readonly (readonly [interval: number, count: number])[]): KeepalivedGroup[] {
  let number = 0;
  return counts.flatMap(([interval, count]) =>
    Array.from({ length: count }, (_, i) => {
      const group = FIRST + number++;
      return { group, priority: 250 - STEP * i, interval, address: `10.0.1.${50 + number}` };
    }),
  );
}

function settingsOf(quick: boolean): Setting[] {
  const groups = groupsOf(
    quick
      ? [[0.1, 4]]
      : [
          [1, 20],
          [0.1, 4],
        ],
  );
  const fast = groupsOf([0.02, 0.01].map((interval) => [interval, 1]));
  return [
    { case: 'jitter', title: 'normal policy', groups },
    { case: 'rt', title: 'real-time', groups, realtime: PRIORITY },
    { case: 'fast', title: 'real-time', groups: fast, realtime: PRIORITY, backup: BACKUP },
  ];
}

export interface Tools {
  /** hitless as one file. */
  program: string;
  makeDirectory: () => string;
  /** Why it cannot be measured here. */
  unable(side: VrrpSide, name: Case): string | undefined;
}

const WATCHED_MS = { full: 5_000, quick: 600 };
const DEATHS = { full: 5, quick: 2 };

export function seriesOf(quick: boolean, only: readonly Case[], tools: Tools): Series[] {
  const size = quick ? 'quick' : 'full';
  const spacing = settingsOf(quick)
    .filter((setting) => only.includes(setting.case))
    .flatMap((setting) => spacingSeries(setting, { quick, watched: WATCHED_MS[size] }, tools));
  return only.includes('death') ? [...spacing, ...deathSeries(quick, DEATHS[size], tools)] : spacing;
}

function spacingSeries(
  { case: name, title, groups, realtime, backup }: Setting,
  { quick, watched }: { quick: boolean; watched: number },
  tools: Tools,
): Series[] {
  const { program, makeDirectory } = tools;
  const job: Omit<SpacingJob, 'side' | 'start'> = {
    program,
    makeDirectory,
    groups,
    realtime,
    watched,
    ...(backup !== undefined && { backup }),
  };
  const once = shared<Spacings>(quick, able(tools, name), (side) =>
    watchSpacing({ ...job, side, start: START[side] }),
  );
  const intervals = [...new Set(groups.map(({ interval }) => interval))];
  return intervals.flatMap((interval) =>
    WHEN.flatMap((when) =>
      SIDES.map(
        (side): Series => ({
          case: caseOf(name, when, interval),
          title: `${title}, ${WORDS[when]}, every ${wordOf(interval).replace(/(\D+)/, ' $1')}`,
          side,
          metrics: {
            [JITTER]: 'µs',
            ...(backup !== undefined && Object.fromEntries(LONG.map((many) => [longer(many), '%']))),
            ...(backup !== undefined && { [TAKE_OVERS]: 'each' }),
          },
          measure: measureOf(side, name, tools, once, (found) =>
            spacingTaken(found[when].get(interval)!, interval),
          ),
        }),
      ),
    ),
  );
}

function deathSeries(quick: boolean, deaths: number, tools: Tools): Series[] {
  const { program, makeDirectory } = tools;
  const job: Omit<DeathJob, 'side' | 'start'> = { program, makeDirectory, deaths };
  const once = shared<Death[]>(quick, able(tools, 'death'), (side) =>
    watchDeaths({ ...job, side, start: START[side] }),
  );
  return SIDES.map(
    (side): Series => ({
      case: 'death',
      title: 'the Active dies',
      side,
      metrics: { [PACKET]: 'ms', [BEYOND]: 'ms' },
      measure: measureOf(side, 'death', tools, once, (found) => ({
        values: { [PACKET]: found.map(({ packet }) => packet), [BEYOND]: found.map(({ beyond }) => beyond) },
        messages: found.length,
      })),
    }),
  );
}

export function spacingTaken({ spacings, takeOvers }: Spacing, interval: number): Taken {
  const ms = interval * 1_000;
  const part = (many: number) =>
    (100 * spacings.filter((spacing) => spacing > many * ms).length) / spacings.length;
  return {
    values: {
      [JITTER]: spacings.map((spacing) => Math.abs(spacing - ms) * 1_000),
      ...Object.fromEntries(LONG.map((many) => [longer(many), [part(many)]])),
      [TAKE_OVERS]: [takeOvers],
    },
    messages: spacings.length,
  };
}

function able({ unable }: Tools, name: Case): VrrpSide[] {
  return SIDES.filter((side) => unable(side, name) === undefined);
}

type Once<Found> = (side: VrrpSide, round: number) => Promise<Found>;

/**
 * One measurement has what several series show: the first that asks in a round has it begin.
 * @param atOnce of all sides then: where figures are rough anyway
 */
function shared<Found>(
  atOnce: boolean,
  sides: readonly VrrpSide[],
  take: (side: VrrpSide) => Promise<Found>,
): Once<Found> {
  const rounds: Map<VrrpSide, Promise<Found>>[] = [];
  return (side, round) => {
    const begun = (rounds[round] ??= new Map());
    for (const each of atOnce ? sides : [side])
      if (!begun.has(each)) {
        const promise = take(each);
        // One that fails is told when its turn comes.
        promise.catch(() => {});
        begun.set(each, promise);
      }
    return begun.get(side)!;
  };
}

function measureOf<Found>(
  side: VrrpSide,
  name: Case,
  { unable }: Tools,
  once: Once<Found>,
  takenOf: (found: Found) => Taken,
): Series['measure'] {
  let round = 0;
  return async () => {
    const unavailable = unable(side, name);
    return unavailable === undefined ? takenOf(await once(side, round++)) : { unavailable };
  };
}
