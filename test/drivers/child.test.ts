/** Child processes of the drivers. */
import { readdirSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { Remote, until } from './fixtures/remote.ts';

t.test('a child inherits no raw socket', { skip: NetworkNamespace.unavailable }, async (t) => {
  const namespace = NetworkNamespace.create('c');
  t.teardown(() => namespace.cleanup());
  NetworkNamespace.join([namespace, 'a0', '10.9.0.1/24'], [namespace, 'b0']);
  const remote = new Remote({ namespace });
  const options = { interface: 'a0', protocol: 89, groups: ['224.0.0.5'] };
  for (const port of ['one', 'two']) await remote.order({ op: 'open', port, options });
  const held = (pid: number | string | undefined) =>
    readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  // Fields of /proc/net/raw: proc(5); the tenth is the socket's inode.
  const lines = namespace.exec(['cat', '/proc/net/raw']).trim().split('\n').slice(1);
  const raw = lines.map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`);
  const heldOf = (pid: number | string | undefined) => held(pid).filter((target) => raw.includes(target));
  t.equal(raw.length, 2);
  const child = (await remote.order({ op: 'child' })) as number;
  t.ok(await until(() => readlinkSync(`/proc/${child}/exe`).endsWith('sleep')), 'it is the program');
  const agent = namespace.pids().find((pid) => Number(pid) !== child);
  t.equal(heldOf(agent).length, 2, 'the agent holds both');
  t.same(heldOf(child), []);
});
