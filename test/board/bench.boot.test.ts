/** The quick boot bench: an image is built and booted, and what it has to tell is told. */
import t from 'tap';
import { find, isSound, runBench } from '../bench/run-bench.ts';
import { NetworkNamespace } from '../netns.ts';
import { unavailable } from './machine.ts';

const skip = NetworkNamespace.unavailable || unavailable('virt');

t.test('the boot bench has sizes, times and memory of a board that booted', { skip }, async (t) => {
  const result = await runBench(t, 'boot', '--only', 'boot');
  isSound(t, result, [['boot', 'hitless']]);
  t.strictSame(result.absent, []);
  const [greeted, hello] = ['to console', 'to first Hello'].map(
    (m) => find(result, 'boot', 'hitless', m)!.median,
  );
  t.ok(greeted! > 1 && hello! > 1, `${greeted} s, ${hello} s: no board boots faster in an emulator`);
  t.ok(find(result, 'boot', 'hitless', 'memory')!.median > 10, 'MB');
});
