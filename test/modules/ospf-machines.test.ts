/** The state machines of interfaces and neighbours (RFC 2328 9.3, 10.3): every state with every event, and what a change sets off. */
import t from 'tap';
import {
  interfaceEvent,
  TRANSITIONS as OF_INTERFACES,
} from '../../firmware/modules/ospf/adjacency/interface.ts';
import {
  neighborEvent,
  TRANSITIONS as OF_NEIGHBORS,
} from '../../firmware/modules/ospf/adjacency/neighbor.ts';
import { type Item, OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import type {
  Interface,
  InterfaceEvent,
  InterfaceState,
  NeighborEvent,
  NeighborState,
} from '../../firmware/modules/ospf/state.ts';
import { LsdbRouter } from './ospf-lsas.ts';

/** Consequences in words, without an order. */
function wordsOf(agenda: OspfAgenda): string[] {
  const words: string[] = [];
  for (let item: Item | undefined = agenda.next(); item !== undefined; item = agenda.next()) {
    if (item.on === 'neighbor' || item.on === 'interface') words.push(item.event);
    else if (item.on === 'origination') words.push(`${item.of.lsa}-LSA`);
    else if (item.on === 'hellos') words.push(item.begin ? 'hellos' : 'no hellos');
    else words.push(item.on);
  }
  return words.sort();
}

// ——— Neighbours ———

const NEIGHBOR_STATES: readonly NeighborState[] = [
  'Down',
  'Attempt',
  'Init',
  '2-Way',
  'ExStart',
  'Exchange',
  'Loading',
  'Full',
];

/**
 * 10.3, copied by hand: the next state for each of NEIGHBOR_STATES; `=` the same, `-` unexpected, `?` ExStart where an adjacency
 * is wanted and else 2-Way, `!` the same where it is wanted and else 2-Way.
 */
// biome-ignore format: a table
const NEXT_OF_NEIGHBOR: Readonly<Record<NeighborEvent, string>> = {
  //                    Down    Attempt Init  2-Way   ExStart  Exchange Loading Full
  Start:             '  Attempt -       -     -       -        -        -       -       ',
  HelloReceived:     '  Init    Init    =     =       =        =        =       =       ',
  '2-WayReceived':   '  -       -       ?     =       =        =        =       =       ',
  NegotiationDone:   '  -       -       -     -       Exchange -        -       -       ',
  ExchangeDone:      '  -       -       -     -       -        Loading  -       -       ',
  LoadingDone:       '  -       -       -     -       -        -        Full    -       ',
  'AdjOK?':          '  =       =       =     ?       !        !        !       !       ',
  SeqNumberMismatch: '  =       -       =     =       =        ExStart  ExStart ExStart ',
  BadLSReq:          '  =       -       =     =       =        ExStart  ExStart ExStart ',
  KillNbr:           '  =       Down    Down  Down    Down     Down     Down    Down    ',
  LLDown:            '  =       Down    Down  Down    Down     Down     Down    Down    ',
  InactivityTimer:   '  =       Down    Down  Down    Down     Down     Down    Down    ',
  '1-WayReceived':   '  -       -       =     Init    Init     Init     Init    Init    ',
};

function nextOf(text: string, state: NeighborState, isWanted: boolean): NeighborState | 'unexpected' {
  if (text === '-') return 'unexpected';
  if (text === '=') return state;
  if (text === '?') return isWanted ? 'ExStart' : '2-Way';
  if (text === '!') return isWanted ? state : '2-Way';
  return text as NeighborState;
}

/** 10.3 and 9.2: what follows from a change of state. */
function consequencesOf(before: NeighborState, next: NeighborState): string[] {
  if (before === next) return [];
  const rank = (state: NeighborState) => NEIGHBOR_STATES.indexOf(state);
  const words: string[] = [];
  if (rank(before) >= rank('ExStart') && rank(next) < rank('Exchange')) words.push('lists');
  if (rank(before) >= rank('2-Way') !== rank(next) >= rank('2-Way')) words.push('NeighborChange');
  if (before === 'Full' || next === 'Full') words.push('router-LSA', 'routing', 'adjacencies');
  if (next === 'ExStart') words.push('exchange');
  if (next === 'Loading') words.push('request');
  if (next === 'Full') words.push('restart');
  // A neighbour that does not know of us yet has a Hello at once.
  if (next === 'Init' || next === 'Attempt') words.push('answer');
  return words.sort();
}

for (const [event, row] of Object.entries(NEXT_OF_NEIGHBOR) as [NeighborEvent, string][])
  for (const isWanted of [true, false])
    t.test(`neighbour, ${event}, an adjacency is ${isWanted ? '' : 'not '}wanted (10.4)`, async (t) => {
      const words = row.trim().split(/ +/);
      t.equal(words.length, NEIGHBOR_STATES.length);
      for (const [i, state] of NEIGHBOR_STATES.entries()) {
        const router = new LsdbRouter();
        const given = isWanted ? ({ type: 'point-to-point', state: 'Point-to-point' } as const) : {};
        const iface = router.addInterface('r0', given);
        const neighbor = router.addNeighbor(iface, 2, state);
        neighbor.requested = 1;
        const agenda = new OspfAgenda();
        neighborEvent(router.state, iface, neighbor, event, undefined, agenda, router.ctx);
        const next = nextOf(words[i]!, state, isWanted);
        t.equal(neighbor.state, next === 'unexpected' ? state : next, `${event} in ${state}`);
        t.equal(router.count('unexpected'), next === 'unexpected' ? 1 : 0, `${event} in ${state}`);
        t.same(
          wordsOf(agenda),
          next === 'unexpected' ? [] : consequencesOf(state, next),
          `${event} in ${state}`,
        );
        // 10.3: of one that is Down nothing is left.
        t.equal(iface.neighbors.size, next === 'Down' && state !== 'Down' ? 0 : 1);
      }
    });

t.test('neighbour: where nothing is asked for, the end of the exchange makes it Full', async (t) => {
  const router = new LsdbRouter();
  const iface = router.addInterface('r0');
  const neighbor = router.addNeighbor(iface, 2, 'Exchange');
  neighborEvent(router.state, iface, neighbor, 'ExchangeDone', undefined, new OspfAgenda(), router.ctx);
  t.equal(neighbor.state, 'Full');
});

// ——— Interfaces ———

const INTERFACE_STATES: readonly InterfaceState[] = [
  'Down',
  'Loopback',
  'Waiting',
  'Point-to-point',
  'DROther',
  'Backup',
  'DR',
];

/** 9.3, copied by hand, of a LAN without other routers: an election makes it the designated router. `=` the same, `-` unexpected. */
// biome-ignore format: a table
const NEXT_OF_INTERFACE: Readonly<Record<InterfaceEvent, string>> = {
  //                Down     Loopback Waiting  Point-to-point DROther  Backup   DR
  InterfaceUp:    ' Waiting  -        -        -              -        -        -        ',
  WaitTimer:      ' -        -        DR       -              -        -        -        ',
  BackupSeen:     ' =        =        DR       =              =        =        =        ',
  NeighborChange: ' =        =        =        =              DR       DR       DR       ',
  LoopInd:        ' Loopback =        Loopback Loopback       Loopback Loopback Loopback ',
  UnloopInd:      ' -        Down     -        -              -        -        -        ',
  InterfaceDown:  ' =        Down     Down     Down           Down     Down     Down     ',
};

/** A LAN of ours in a state, with a neighbour that has not heard us. */
function lanIn(state: InterfaceState, config = {}, given: Partial<Interface> = {}) {
  const router = new LsdbRouter();
  const iface = router.addInterface('r0', { state, ...given }, config);
  if (state === 'DR') iface.dr = iface.address;
  if (state === 'Backup') iface.bdr = iface.address;
  router.addNeighbor(iface, 2, 'Init');
  router.ctx.setTimer('wait', 'r0', 1234);
  const agenda = new OspfAgenda();
  const run = (event: InterfaceEvent) => {
    interfaceEvent(router.state, iface, event, agenda, router.ctx);
    return wordsOf(agenda);
  };
  return { router, iface, run };
}

for (const [event, row] of Object.entries(NEXT_OF_INTERFACE) as [InterfaceEvent, string][])
  t.test(`interface, ${event}`, async (t) => {
    const words = row.trim().split(/ +/);
    t.equal(words.length, INTERFACE_STATES.length);
    for (const [i, state] of INTERFACE_STATES.entries()) {
      const { router, iface, run } = lanIn(state);
      const word = words[i]!;
      const next = word === '=' || word === '-' ? state : (word as InterfaceState);
      const told = run(event);
      const what = `${event} in ${state}`;
      t.equal(iface.state, next, what);
      t.equal(router.count('unexpected'), word === '-' ? 1 : 0, what);
      if (next === state) {
        t.same(told, [], what);
        continue;
      }
      // 12.4 (2)
      t.ok(told.includes('router-LSA') && told.includes('routing'), what);
      t.equal(told.includes('network-LSA'), next === 'DR' || state === 'DR', what);
      const ends = next === 'Down' || next === 'Loopback';
      t.equal(told.includes('KillNbr'), ends, what);
      t.equal(told.includes('no hellos'), ends, what);
      t.equal(told.includes('hellos'), state === 'Down' && !ends, what);
      if (ends) t.match(iface, { dr: 0, bdr: 0 }, what);
      const wait = next === 'Waiting' ? 40_000 : state === 'Waiting' ? undefined : 1234;
      t.equal(router.ctx.timerDue('wait', 'r0'), wait, what);
      // 8.1: it listens to what is for designated routers where it is one, and no longer than that.
      const { groups } = (router.ctx.settings.get('ospf r0') ?? { groups: undefined }) as {
        groups?: string[];
      };
      const isOne = (of: InterfaceState) => of === 'DR' || of === 'Backup';
      if (isOne(next) !== isOne(state)) t.same(groups, isOne(next) ? ['224.0.0.6'] : [], what);
    }
  });

t.test(
  'interface: where nobody is elected it comes up at once, and so does one that may not be',
  async (t) => {
    const pointToPoint = lanIn('Down', {}, { type: 'point-to-point' });
    pointToPoint.run('InterfaceUp');
    t.equal(pointToPoint.iface.state, 'Point-to-point');
    const never = lanIn('Down', { priority: 0 });
    never.run('InterfaceUp');
    t.equal(never.iface.state, 'DROther');
  },
);

t.test(
  'interface: an election has adjacencies looked at where somebody else is designated, and else not (9.4 (7))',
  async (t) => {
    const { router, iface, run } = lanIn('DROther');
    const [dr, other] = [router.addNeighbor(iface, 3, '2-Way'), router.addNeighbor(iface, 4, '2-Way')];
    dr.dr = dr.address;
    other.bdr = other.address;
    t.equal(run('NeighborChange').filter((word) => word === 'AdjOK?').length, 2);
    t.match(iface, { state: 'DROther', dr: dr.address, bdr: other.address });
    t.same(run('NeighborChange'), []);
  },
);

t.test('no pair of a state and an event has two rows, and all that there are stand here', async (t) => {
  for (const [rows, table] of [
    [OF_NEIGHBORS, NEXT_OF_NEIGHBOR],
    [OF_INTERFACES, NEXT_OF_INTERFACE],
  ] as const) {
    const pairs = rows.flatMap(([states, event]) => states.map((state) => `${state} ${event}`));
    t.equal(new Set(pairs).size, pairs.length);
    t.same(new Set(rows.map(([, event]) => event)), new Set(Object.keys(table)));
    const expected = Object.values(table).flatMap((row) =>
      row
        .trim()
        .split(/ +/)
        .filter((word) => word !== '-'),
    );
    t.equal(pairs.length, expected.length);
  }
});
