import t from 'tap';
import { checksumOf, sumOf } from '../../firmware/modules/checksum.ts';
import { randomFrom } from '../random.ts';
import { fromHex, randomBytes, SEED } from './bytes.ts';

/** RFC 1071 section 1 to the letter: add words, and put each carry back at once. */
function naive(bytes: Uint8Array): number {
  const padded = bytes.length % 2 === 0 ? [...bytes] : [...bytes, 0];
  let sum = 0;
  for (let i = 0; i < padded.length; i += 2) {
    sum += padded[i]! * 256 + padded[i + 1]!;
    if (sum > 0xffff) sum = sum - 0x10000 + 1;
  }
  return 0xffff - sum;
}

t.test('the checksum of the example in RFC 1071 is as given there', async (t) => {
  t.equal(sumOf(fromHex('0001 f203 f4f5 f6f7')), 0xddf2);
  t.equal(checksumOf(fromHex('0001 f203 f4f5 f6f7')), 0x220d);
});

t.test('the checksum agrees with a naive reference on random data of every length', async (t) => {
  t.comment(`seed ${SEED}`);
  const random = randomFrom(SEED);
  for (let length = 0; length <= 600; length++) {
    const bytes = randomBytes(random, length);
    if (checksumOf(bytes) !== naive(bytes))
      t.fail(`length ${length}: ${checksumOf(bytes)}, not ${naive(bytes)}`);
  }
  const longest = new Uint8Array(65_535).fill(0xff);
  t.equal(checksumOf(longest), naive(longest), 'the longest packet, all carries');
});

t.test('a sum can be continued over a second part', async (t) => {
  const random = randomFrom(SEED);
  const bytes = randomBytes(random, 100);
  t.equal(checksumOf(bytes.subarray(40), sumOf(bytes.subarray(0, 40))), checksumOf(bytes));
});

t.test('data with its checksum in it sums up to 0, and no longer after a bit flips', async (t) => {
  const bytes = randomBytes(randomFrom(SEED), 64);
  bytes.set([0, 0], 10);
  const checksum = checksumOf(bytes);
  bytes.set([checksum >> 8, checksum & 0xff], 10);
  t.equal(checksumOf(bytes), 0);
  bytes[3] = bytes[3]! ^ 0x10;
  t.not(checksumOf(bytes), 0);
});
