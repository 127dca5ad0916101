/** Keys by their lifetimes, and cryptographic sequence numbers that never go back (RFC 2328 D.3). */
import t, { type Test } from 'tap';
import type { KeyConfig } from '../../firmware/modules/ospf/config-record.ts';
import { CLOCK_IS_SET_FROM, keyToAccept, keyToSend } from '../../firmware/modules/ospf/keys.ts';
import { heardOn, nextSequence } from '../../firmware/modules/ospf/sequence.ts';
import type { SentSequence } from '../../firmware/modules/ospf/state.ts';
import { LsdbRouter } from './ospf-lsas.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const SECONDS = NOW / 1000;
const key = (times: Pick<KeyConfig, 'send' | 'accept'> = {}): KeyConfig => ({
  algorithm: 'md5',
  secret: 's',
  ...times,
});
const during = (from: number, until: number) =>
  key({ send: { from, until }, accept: { from: from - DAY, until: until + DAY } });

t.test('of several keys that are to be sent, the one that began last is taken', async (t) => {
  const keys = { 3: key(), 1: key({ send: { from: NOW - 2 } }), 2: key({ send: { from: NOW - 1 } }) };
  t.match(keyToSend(keys, NOW), { id: 2, outOfTime: false });
  t.match(keyToSend({ ...keys, 4: key({ send: { from: NOW + 1 } }) }, NOW), { id: 2 }, 'not a later one');
  t.match(keyToSend({ 1: key(), 7: key(), 2: key() }, NOW), { id: 7 }, 'and of equals the highest id');
  t.equal(keyToSend({}, NOW), undefined);
});

t.test('a rollover changes the key in the instant that its time comes', async (t) => {
  const keys = { 1: during(NOW - 9 * DAY, NOW), 2: during(NOW, NOW + 9 * DAY) };
  t.match(keyToSend(keys, NOW - 1), { id: 1, outOfTime: false });
  t.match(keyToSend(keys, NOW), { id: 2, outOfTime: false });
  for (const id of [1, 2]) t.match(keyToAccept(keys, id, NOW), { secret: 's' }, 'both are taken around it');
  t.strictSame(keyToAccept(keys, 1, NOW + DAY), { error: 'keyLifetime' });
  t.strictSame(keyToAccept(keys, 2, NOW - DAY - 1), { error: 'keyLifetime' });
  t.strictSame(keyToAccept(keys, 3, NOW), { error: 'keyUnknown' });
});

t.test('the last key that expires goes on, for silence and no authentication are worse', async (t) => {
  const keys = { 1: during(NOW - 9 * DAY, NOW - 8 * DAY), 2: during(NOW - 8 * DAY, NOW - 4 * DAY) };
  t.match(keyToSend(keys, NOW), { id: 2, outOfTime: true });
  t.match(keyToAccept(keys, 2, NOW), { secret: 's' });
  t.strictSame(keyToAccept(keys, 1, NOW), { error: 'keyLifetime' });
  const later = { ...keys, 3: during(NOW + DAY, NOW + 2 * DAY) };
  t.match(keyToSend(later, NOW), { id: 2, outOfTime: true }, 'in a gap too');
  t.match(keyToSend({ 3: later[3], 4: during(NOW + 5 * DAY, NOW + 6 * DAY) }, NOW), {
    id: 3,
    outOfTime: true,
  });
});

t.test('a clock that was never set takes every key, and sends the one that is heard', async (t) => {
  const keys = { 1: during(NOW - 9 * DAY, NOW), 2: during(NOW, NOW + 9 * DAY) };
  for (const id of [1, 2]) t.match(keyToAccept(keys, id, 5_000), { secret: 's' });
  t.match(keyToSend(keys, 5_000, 2), { id: 2, outOfTime: false });
  t.match(keyToSend(keys, 5_000, 9), { id: 1 }, 'not one that we do not have');
  t.match(keyToSend(keys, NOW - 1, 2), { id: 1 }, 'and a set clock decides by itself');
});

/** Sends a packet every 100 ms for so long. Returns the last number; each must be at least the one before. */
function send(
  t: Test,
  before: SentSequence | undefined,
  clock: { now: number; wall: number },
  ms: number,
): SentSequence {
  let last = before;
  for (let passed = 0; passed <= ms; passed += 100) {
    const next = nextSequence(last, undefined, clock.now + passed, clock.wall + passed);
    if (last !== undefined && next.number < last.number) t.fail(`${next.number} after ${last.number}`);
    last = next;
  }
  return last!;
}

t.test('a sequence number is the time in seconds, and the same for all packets of a second', async (t) => {
  const first = nextSequence(undefined, undefined, 0, NOW + 200);
  t.strictSame(first, { number: SECONDS, at: 0 });
  t.equal(nextSequence(first, undefined, 700, NOW + 900).number, SECONDS);
  t.equal(nextSequence(first, undefined, 900, NOW + 1_100).number, SECONDS + 1);
});

t.test('a sequence number never goes back while the state lasts, whatever the clock does', async (t) => {
  const sent = send(t, undefined, { now: 0, wall: NOW }, 10_000);
  t.equal(sent.number, SECONDS + 10);
  const back = send(t, sent, { now: 10_000, wall: 5_000 }, 10_000);
  t.equal(back.number, SECONDS + 20, 'with a clock of 1970 it goes on by one a second');
  const set = send(t, back, { now: 20_000, wall: NOW + 60_000 }, 1_000);
  t.equal(set.number, SECONDS + 61, 'and with the right time it is the time again');
  const rebooted = send(t, set, { now: 0, wall: 5_000 }, 1_000);
  t.ok(rebooted.number > set.number, 'the monotonic clock may begin anew: the state came from a file');
  t.equal(nextSequence({ number: 0xffff_ffff, at: 0 }, undefined, 5_000, NOW).number, 0xffff_ffff);
});

t.test('a return to an older state, and a start without any, are above what was sent before', async (t) => {
  const kept = send(t, undefined, { now: 0, wall: NOW }, 1_000);
  const sent = send(t, kept, { now: 1_000, wall: NOW + 1_000 }, 60_000);
  t.ok(nextSequence(kept, undefined, 61_000, NOW + 61_000).number >= sent.number, 'a return');
  t.ok(nextSequence(undefined, undefined, 0, NOW + 61_000).number >= sent.number, 'a start');
});

t.test('a start with a clock that is not set takes the time from what neighbours send', async (t) => {
  const router = new LsdbRouter();
  const iface = router.addInterface('lan0');
  t.equal(heardOn(iface, 5_000), undefined);
  router.addNeighbor(iface, 2).sequences = { 1: SECONDS + 7, 2: 12 };
  router.addNeighbor(iface, 3).sequences = { 3: 0xffff_fff0 };
  t.strictSame(heardOn(iface, 5_000), { keyId: 1, number: SECONDS + 7 }, 'one that is no time is left');
  t.equal(heardOn(iface, CLOCK_IS_SET_FROM), undefined, 'a set clock needs nobody');
  t.equal(nextSequence(undefined, heardOn(iface, 5_000), 0, 5_000).number, SECONDS + 7);
});
