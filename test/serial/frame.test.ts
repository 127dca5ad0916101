import t from 'tap';
import { encodeFrame, type Frame, FrameReader } from '../../firmware/line/frame.ts';
import { randomFrom } from '../random.ts';

const FRAME: Frame = {
  from: 'host',
  kind: 'data',
  session: '0123abcd',
  offset: 1234,
  expected: 99,
  data: Buffer.from('{"command":"disable OSPF"}\n'),
};
const LINE = Buffer.from(encodeFrame(FRAME));

/** What a reader makes of these bytes, in portions of any size, and of an end of line behind them. */
function read(bytes: Uint8Array, portion = bytes.length): { frames: Frame[]; text: string; damaged: number } {
  const reader = new FrameReader();
  const found = { frames: [] as Frame[], text: '', damaged: 0 };
  const all = Buffer.concat([bytes, Buffer.from('\n')]);
  for (let at = 0; at < all.length; at += portion) {
    for (const piece of reader.push(all.subarray(at, at + portion))) {
      if ('frame' in piece) found.frames.push(piece.frame);
      else if ('text' in piece) found.text += Buffer.from(piece.text).toString('latin1');
      else found.damaged++;
    }
  }
  return found;
}

t.test('a frame is read as it was written, in portions of any size, between texts', (t) => {
  for (const portion of [1, 2, 3, 7, 1000]) {
    const { frames, text, damaged } = read(Buffer.concat([Buffer.from('before'), LINE, LINE]), portion);
    t.same(frames, [FRAME, FRAME]);
    t.equal(text, 'before\n');
    t.equal(damaged, 0);
  }
  t.notMatch(LINE.toString().slice(3, -1), /[^ -~]/, 'behind the separators it is printable text');
  t.end();
});

t.test('a frame with one bit flipped, a byte lost, doubled or put in is the same frame or none', (t) => {
  const wrong: string[] = [];
  const check = (bytes: Buffer) => {
    for (const frame of read(bytes).frames) {
      if (encodeFrame(frame) !== LINE.toString()) wrong.push(bytes.toString('hex'));
    }
  };
  let tried = 0;
  for (let at = 0; at < LINE.length; at++) {
    const [before, after] = [LINE.subarray(0, at), LINE.subarray(at + 1)];
    for (let bit = 0; bit < 8; bit++) {
      check(Buffer.concat([before, Buffer.of(LINE[at]! ^ (1 << bit)), after]));
      tried++;
    }
    check(Buffer.concat([before, after]));
    check(Buffer.concat([before, LINE.subarray(at, at + 1), LINE.subarray(at)]));
    for (const byte of [0x0a, 0x0d, 0x1e, 0x2e, 0x41])
      check(Buffer.concat([before, Buffer.of(byte), LINE.subarray(at)]));
  }
  t.ok(tried > 500);
  t.same(wrong, []);
  t.end();
});

t.test('noise is no frame, and a frame behind it is read', (t) => {
  const chance = randomFrom(99);
  for (let i = 0; i < 200; i++) {
    const noise = Buffer.from(Array.from({ length: 3000 }, () => Math.floor(chance() * 256)));
    t.same(read(Buffer.concat([noise, LINE]), 97).frames, [FRAME]);
  }
  const endless = Buffer.concat([Buffer.of(0x1e), Buffer.alloc(200_000, 'x'), LINE]);
  t.same(read(endless, 4096).frames, [FRAME]);
  t.end();
});
