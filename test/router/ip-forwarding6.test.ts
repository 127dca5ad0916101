/** `forwarding: true` of IP's interfaces makes the kernel forward IPv6: packets pass through a router in namespaces. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { manifest } from '../../firmware/modules/ip/module.ts';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 30_000;
const RELEASE = fileURLToPath(new URL('../../firmware/release.mjs', import.meta.url));

t.test('IPv6 passes between two interfaces that forward, and no more at the end', { skip }, async (t) => {
  const at = stage(t);
  const far = NetworkNamespace.create('far');
  t.teardown(() => far.cleanup());
  const { router, peer } = at;
  NetworkNamespace.join([router, 'wan1'], [far, 'eth0']);
  const host = (namespace: NetworkNamespace, address: string, gateway: string) => {
    namespace.ip('address', 'add', `${address}/64`, 'dev', 'eth0', 'nodad');
    namespace.ip('-6', 'route', 'add', 'default', 'via', gateway, 'dev', 'eth0');
  };
  host(peer, 'fd00:1::2', 'fd00:1::1');
  host(far, 'fd00:2::2', 'fd00:2::1');
  const bundles = join(at.directory, 'bundles');
  execFileSync(process.execPath, [RELEASE, 'ip', '--releases', bundles]);
  const heard = far.spawn(['socat', '-u', 'UDP6-RECV:9', 'STDOUT']);
  let text = '';
  heard.stdout!.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const switches = ['all.forwarding', 'wan0.forwarding', 'wan1.forwarding'];
  const values = () => switches.map((name) => router.exec(['sysctl', '-n', `net.ipv6.conf.${name}`]).trim());
  t.same(values(), ['0', '0', '0']);
  const { child } = await running(
    t,
    at,
    `router: { id: 10.9.0.1, bundles: [${bundles}], modules: { IP: 'ip@${manifest.version}' } }
ip:
  interfaces:
    wan0: { addresses: ['fd00:1::1/64'], forwarding: true }
    wan1: { addresses: ['fd00:2::1/64'], forwarding: true }
`,
  );
  await eventuallyAsync('a packet of the one host comes to the other', PATIENCE, async () => {
    peer.exec(['sh', '-c', 'echo through | socat -u STDIN "UDP6-SENDTO:[fd00:2::2]:9"']);
    return text.includes('through');
  });
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
  t.same(values(), ['0', '0', '0']);
});
