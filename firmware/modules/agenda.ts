/**
 * The agenda of a module: what one input sets off inside it, until that is worked off (design rule 15). A noun changes
 * itself, and puts the rest here: it calls no other noun. An agenda ends with its handler and is never state.
 */
import type { Context } from 'hitless/runtime';

/** More than any input sets off. Beyond it two consequences set each other off for ever, which is a mistake in the code. */
export const MOST_CONSEQUENCES = 100_000;
/** So many are worked off in one go; then other modules have their turn. */
const SLICE = 64;

/** A consequence; `on` is the noun that it is for. */
export interface Consequence {
  readonly on: string;
}

export class Agenda<Item extends Consequence> {
  readonly #order: readonly (readonly Item['on'][])[];
  readonly #queues: Item[][];

  /** @param order the nouns in the order of their turns; those of one list have theirs together */
  constructor(order: readonly (readonly Item['on'][])[]) {
    this.#order = order;
    this.#queues = order.map(() => []);
  }

  push(item: Item): void {
    const rank = this.#order.findIndex((nouns) => nouns.includes(item.on));
    this.#queues[rank]!.push(item);
  }

  /** Takes the next one: nothing while there is one for an earlier noun, and for each noun first come first served. */
  next(): Item | undefined {
    for (const queue of this.#queues) if (queue.length > 0) return queue.shift();
    return undefined;
  }
}

/**
 * Works an agenda off, with all that its items put there in turn.
 * @throws Error when there is no end of it
 */
function* workOff<Item extends Consequence>(
  agenda: Agenda<Item>,
  work: (item: Item) => void,
): Generator<'slice', void, unknown> {
  for (let done = 0; done < MOST_CONSEQUENCES; done++) {
    const item = agenda.next();
    if (item === undefined) return;
    work(item);
    if (done % SLICE === SLICE - 1) yield 'slice';
  }
  throw new Error(
    `one input has more than ${MOST_CONSEQUENCES} consequences: some of them set each other off`,
  );
}

/** The same at once, for hooks that cannot give way: `stop` has its own limit of time. */
function workOffAtOnce<Item extends Consequence>(agenda: Agenda<Item>, work: (item: Item) => void): void {
  for (const _ of workOff(agenda, work));
}

/** By noun: how its consequences are worked off. */
export type AgendaWork<State, Item extends Consequence, Own extends Agenda<Item>> = {
  readonly [On in Item['on']]: (
    state: State,
    item: Extract<Item, { on: On }>,
    agenda: Own,
    ctx: Context,
  ) => void;
};

/** Makes of a module's work the functions that settle its agenda. */
export function settling<State, Item extends Consequence, Own extends Agenda<Item>>(
  work: AgendaWork<State, Item, Own>,
) {
  const of = (item: Item) => work[item.on as Item['on']] as (...given: unknown[]) => void;
  return {
    /** In slices, as handlers do it. */
    settle: (state: State, agenda: Own, ctx: Context) =>
      workOff(agenda, (item) => of(item)(state, item, agenda, ctx)),
    /** At once, for hooks that cannot give way: each has its own limit of time. */
    settleAtOnce: (state: State, agenda: Own, ctx: Context) =>
      workOffAtOnce(agenda, (item) => of(item)(state, item, agenda, ctx)),
  };
}
