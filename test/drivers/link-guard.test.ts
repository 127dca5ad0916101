/** Links that must not outlive a process: what becomes of a macvlan that it has made, by the way it ends. */
import { once } from 'node:events';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { agentFile, until } from './fixtures/remote.ts';

for (const [how, stays] of [
  ['well', true],
  ['badly', false],
  ['SIGKILL', false],
] as const)
  t.test(
    `a process that ends ${how === 'SIGKILL' ? 'by kill -9' : how} ${stays ? 'leaves its macvlan as it is' : 'has its macvlan removed'}`,
    { skip: NetworkNamespace.unavailable },
    async (t) => {
      const namespace = NetworkNamespace.create('guard');
      t.teardown(() => namespace.cleanup());
      NetworkNamespace.join([namespace, 'a0'], [namespace, 'b0']);
      namespace.ip('link', 'set', 'b0', 'group', '8');
      const child = namespace.spawn([process.execPath, agentFile('guarded')]);
      const told = async () => String((await once(child.stdout!, 'data'))[0]);
      t.equal(await told(), 'open\n');
      const pids = namespace.pids();
      t.equal(pids.length, 2, 'its child is there before the first macvlan: nothing waits for its start');
      child.stdin!.write('\n');
      t.equal(await told(), 'made\n');
      t.same(namespace.pids(), pids);
      const links = () => namespace.ip('-br', 'link').match(/^\w+/gm)!.sort();
      t.same(links(), ['a0', 'b0', 'lo', 'm0']);
      const ended = once(child, 'exit');
      if (how === 'SIGKILL') child.kill('SIGKILL');
      else child.stdin!.write(`${how}\n`);
      await ended;
      t.ok(await until(() => namespace.pids().length === 0), 'the child ends, too');
      t.same(links(), stays ? ['a0', 'b0', 'lo', 'm0'] : ['a0', 'b0', 'lo']);
    },
  );
