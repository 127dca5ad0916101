/** Requests that wait: whoever is answered, in whatever order, gets its own answer, once. */
import t from 'tap';
import { HitlessError } from '../../runtime/errors.ts';
import { type Answer, Requests } from '../../runtime/services/requests.ts';
import { TimerQueue } from '../../runtime/services/timers.ts';

class Asker {
  readonly what = 'A asked B "c", which';
  readonly timeout: number;
  readonly answers: unknown[] = [];
  due = 0;

  constructor(timeout = 60_000) {
    this.timeout = timeout;
  }

  deliver(answer: Answer): void {
    this.answers.push('error' in answer ? answer.error.code : answer.value);
  }
}

t.test('in any order', async (t) => {
  const timers = new TimerQueue((expire) => expire());
  t.teardown(() => timers.clear());
  const orders = [
    [1, 2, 3, 4],
    [4, 3, 2, 1],
    [2, 4, 1, 3],
    [4, 1, 4, 3, 2, 1],
  ];
  for (const order of orders) {
    const requests = new Requests(timers);
    const askers = [1, 2, 3, 4].map(() => new Asker());
    askers.forEach((asker, i) => {
      requests.open(i + 1, asker);
    });
    for (const id of order) requests.close(id, { value: id });
    t.strictSame(
      askers.map(({ answers }) => answers),
      [[1], [2], [3], [4]],
      order.join(' '),
    );
    t.equal(requests.late, order.length - 4);
  }
});

t.test('one that is asked while another is answered', async (t) => {
  const timers = new TimerQueue((expire) => expire());
  t.teardown(() => timers.clear());
  const requests = new Requests(timers);
  const second = new Asker();
  const first = new Asker();
  const deliver = first.deliver.bind(first);
  first.deliver = (answer) => {
    deliver(answer);
    requests.open(2, second);
  };
  requests.open(1, first);
  requests.close(1, { value: 'a' });
  requests.close(2, { value: 'b' });
  t.strictSame([first.answers, second.answers, requests.late], [['a'], ['b'], 0]);
});

t.test(
  'the newest one is answered also after another one has timed out, or is told of the end',
  async (t) => {
    const timers = new TimerQueue((expire) => expire());
    t.teardown(() => timers.clear());
    const requests = new Requests(timers);
    const [brief, long, last] = [new Asker(20), new Asker(), new Asker()];
    requests.open(1, brief);
    requests.open(2, long);
    await new Promise((resolve) => setTimeout(resolve, 60));
    t.strictSame([brief.answers, long.answers], [['ASK_TIMEOUT'], []]);
    requests.close(2, { value: 'late, but in time' });
    t.strictSame(long.answers, ['late, but in time']);
    requests.open(3, last);
    requests.closeAll(new HitlessError('STOPPED', 'the end'));
    t.strictSame(last.answers, ['STOPPED']);
    t.equal(requests.late, 0);
  },
);
