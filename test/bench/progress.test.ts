/** How far a run has come: a line that is written over on a terminal, lines elsewhere. */
import { Writable } from 'node:stream';
import t from 'tap';
import { Progress } from '../../bench/progress.ts';

class Output extends Writable {
  text = '';
  isTTY: boolean;
  columns = 60;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

const PARTS = [
  { bench: 'swap', takes: 30 },
  { bench: 'timer', takes: 10 },
];

t.test('a terminal has one bar, which fills with rounds and benches, and is gone at the end', async (t) => {
  const output = new Output(true);
  const progress = new Progress(output, PARTS);
  const last = () => output.text.split('\r').at(-1)!.replace('\u001b[K', '');
  progress.next();
  t.match(last(), /^░{24} 0 % 0:40 left swap: begins$/);
  progress.say('round 1 of 2, 5 of 10: one module, hitless, 0.3 s');
  t.match(last(), /^█+░+ 18 % .*swap: round 1/);
  t.ok(last().length < 60, 'it does not wrap');
  progress.say('something is installed');
  t.match(last(), / 18 % .*something/, 'a line without figures moves nothing');
  progress.say('round 2 of 2, 10 of 10: the last');
  t.match(last(), / 75 % /);
  progress.next();
  progress.say('round 1 of 1, 1 of 2: half of it');
  t.match(last(), / 87 % /);
  t.notMatch(output.text, '\n');
  progress.end();
  t.equal(last(), '');
});

t.test('what is no terminal has a line for each step', async (t) => {
  const output = new Output(false);
  const progress = new Progress(output, PARTS);
  progress.next();
  progress.say('round 1 of 2, 5 of 10: one module, hitless, 0.3 s');
  progress.end();
  t.equal(output.text, 'swap: begins\nswap: round 1 of 2, 5 of 10: one module, hitless, 0.3 s\n');
});
