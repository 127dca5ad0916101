/** Carriers that the kernel is slow to tell of: in a namespace, and where answers and events cross. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { Carriers } from '../../drivers/kernel-tables/carriers.ts';
import type { Link } from '../../drivers/netlink/link.ts';
import type { Netlink } from '../../drivers/netlink/netlink.ts';
import { NetworkNamespace } from '../netns.ts';
import { eventually, kernelPlace, opened, settled } from './fixtures/kernel-place.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

t.test('a carrier that comes and goes often within a second is told each time', { skip }, async (t) => {
  const place = kernelPlace(t);
  const { namespace } = place;
  const peer = NetworkNamespace.create('p');
  t.teardown(() => peer.cleanup());
  // Where both ends have the same index, the kernel takes them for no pair: of such links it tells carriers once a second.
  const far = ['peer', 'name', 'c1', 'index', '77', 'netns', peer.name];
  namespace.ip('link', 'add', 'c0', 'index', '77', 'type', 'veth', ...far);
  namespace.ip('link', 'set', 'c0', 'up');
  await opened(place);
  const has = async () => (await place.rows('link')).find(({ name }) => name === 'c0')?.carrier;
  const found = async () => (await place.counters()).carriersFound ?? 0;
  // On a busy machine some are told by the kernel before they are asked after.
  for (let flap = 0; flap < 8 || ((await found()) < 5 && flap < 40); flap++) {
    const state = flap % 2 === 0;
    peer.ip('link', 'set', 'c1', state ? 'up' : 'down');
    t.ok(await eventually(async () => (await has()) === state), `${state ? 'up' : 'down'} is told`);
  }
  t.ok((await found()) >= 5, 'before the kernel tells it');
  namespace.ip('link', 'delete', 'c0');
  t.same(await settled(place), []);
});

const link = (index: number, carrier: boolean): Link => ({ index, up: true, carrier }) as Link;

/** Links as the kernel has them, and answers that come when the test says so. */
function asked() {
  let answer: (links: Link[]) => void = () => {};
  let questions = 0;
  const dump = () =>
    new Promise<Link[]>((resolve) => {
      questions++;
      answer = resolve;
    });
  const found: [number, boolean][] = [];
  const may = { ask: true, catchUp: () => true };
  const carriers = new Carriers({ dump } as unknown as Netlink, {
    mayAsk: () => may.ask,
    catchUp: () => may.catchUp(),
    found: (row) => {
      found.push([row.index, row.carrier]);
      carriers.told(row, false);
    },
  });
  const question = async () => {
    const before = questions;
    if (!(await eventually(async () => questions > before))) throw new Error('it asks no more');
  };
  return {
    carriers,
    found,
    may,
    question,
    answer: async (...links: Link[]) => {
      answer(links);
      await pause(0);
    },
    count: () => questions,
  };
}

t.test('it asks from a change of a carrier on, and tells what nobody has told', async (t) => {
  const { carriers, found, question, answer, count } = asked();
  t.teardown(() => carriers.stop());
  carriers.told(link(1, false), false);
  await pause(20);
  t.equal(count(), 0, 'no carrier changed');
  carriers.told(link(2, true), false);
  await question();
  await answer(link(1, true), link(2, true), link(3, true));
  t.same(found, [[1, true]], 'of the third an event will tell');
  await question();
  await answer(link(1, true), link(2, false));
  t.same(found, [
    [1, true],
    [2, false],
  ]);
  carriers.stop();
  const before = count();
  await pause(20);
  t.equal(count(), before, 'stopped');
});

t.test('an answer does not take back what an event has told since the question', async (t) => {
  const { carriers, found, may, question, answer } = asked();
  t.teardown(() => carriers.stop());
  carriers.told(link(1, true), false);
  await question();
  carriers.told(link(1, false), false);
  await answer(link(1, true));
  t.same(found, [], 'it was told before the answer came');
  await question();
  may.catchUp = () => {
    carriers.told(link(1, true), false);
    return true;
  };
  await answer(link(1, true));
  t.same(found, [], 'it waited behind the answer');
  await question();
  may.catchUp = () => false;
  await answer(link(1, false));
  t.same(found, [], 'more wait than can be taken: the next answer says');
  may.catchUp = () => true;
  await question();
  may.ask = false;
  await answer(link(1, false));
  t.same(found, [], 'a list has begun, and says');
  may.ask = true;
  await question();
  await answer(link(1, false));
  t.same(found, [[1, false]]);
});
