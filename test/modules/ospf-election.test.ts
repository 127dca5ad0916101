/** The election of RFC 2328 9.4 by itself. */
import t from 'tap';
import { type Candidate, elect } from '../../firmware/modules/ospf/adjacency/election.ts';

/** Router n, at address n. */
const router = (n: number, given: Partial<Candidate> = {}): Candidate => ({
  id: n,
  address: n,
  priority: 1,
  dr: 0,
  bdr: 0,
  ...given,
});

t.test(
  'nobody is declared: the highest by priority, then by id, is designated, the next is its backup',
  (t) => {
    // Seen by the highest, which looks again when it has become the backup (step 4).
    t.strictSame(elect(router(3), [router(1), router(2)]), { dr: 3, bdr: 2 });
    t.strictSame(elect(router(1, { priority: 9 }), [router(2), router(3)]), { dr: 1, bdr: 3 });
    t.end();
  },
);

t.test('priority 0 is never elected', (t) => {
  t.strictSame(elect(router(9, { priority: 0 }), [router(1)]), { dr: 1, bdr: 1 });
  t.strictSame(elect(router(9, { priority: 0 }), [router(8, { priority: 0 })]), { dr: 0, bdr: 0 });
  t.end();
});

t.test('a designated router is displaced by no priority, and a backup by none', (t) => {
  const declared = { dr: 1, bdr: 2 };
  const others = [router(1, declared), router(2, declared)];
  t.strictSame(elect(router(9, { priority: 255 }), others), declared);
  t.end();
});

t.test(
  'of two that declare themselves the higher one stays, and the other becomes its backup at most',
  (t) => {
    const loser = router(1, { dr: 1, bdr: 2 });
    const winner = router(4, { dr: 4, bdr: 3 });
    const third = router(3, { dr: 4, bdr: 3 });
    t.strictSame(elect(loser, [winner, third, router(2, { dr: 1, bdr: 2 })]), { dr: 4, bdr: 3 });
    t.strictSame(elect(winner, [loser, third]), { dr: 4, bdr: 3 });
    t.end();
  },
);

t.test('the backup takes the place of a designated router that is gone', (t) => {
  const declared = { dr: 1, bdr: 2 };
  t.strictSame(elect(router(2, declared), [router(3, declared), router(4, declared)]), { dr: 2, bdr: 4 });
  t.strictSame(elect(router(3, declared), [router(2, declared), router(4, declared)]), { dr: 2, bdr: 2 });
  t.end();
});
