/**
 * Static and connected routes carry packets: a host behind each of three links of a router, in namespaces, with
 * datagrams through it. Looked at by iproute2.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { manifest } from '../../firmware/modules/ip/module.ts';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from './console-session.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 30_000;
const RELEASE = fileURLToPath(new URL('../../firmware/release.mjs', import.meta.url));

/** Sends back what it hears. */
const ECHO = `const { createSocket } = require('node:dgram'); const socket = createSocket('udp4');
socket.on('message', (data, { port, address }) => socket.send(data, port, address)); socket.bind(7, '10.20.0.1');`;
/** Ends well when its datagram comes back within a second. */
const ASKING = `const { createSocket } = require('node:dgram'); const socket = createSocket('udp4');
socket.on('message', () => process.exit(0)); socket.send('?', 7, process.argv[1]); setTimeout(() => process.exit(1), 1000);`;

/** eth0 of a host is behind wan0; far, with 10.20.0.1 and fd00:20::1, is behind lan1 and lan2. */
function place(t: Test) {
  const whole = stage(t);
  const { router, peer, directory } = whole;
  const bundles = join(directory, 'bundles');
  execFileSync(process.execPath, [RELEASE, 'ip', '--releases', bundles]);
  const far = NetworkNamespace.create('far');
  t.teardown(() => far.cleanup());
  for (const i of [1, 2]) {
    NetworkNamespace.join([router, `lan${i}`, `10.0.${i}.1/24`], [far, `eth${i}`, `10.0.${i}.2/24`]);
    router.ip('address', 'add', `fd00:${i}::1/64`, 'dev', `lan${i}`, 'nodad');
    far.ip('address', 'add', `fd00:${i}::2/64`, 'dev', `eth${i}`, 'nodad');
  }
  for (const each of [router, far]) each.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.all.forwarding=1']);
  // The way back may be another than the way there.
  for (const [each, link] of [
    [router, 'lan'],
    [far, 'eth'],
  ] as const)
    for (const name of ['all', `${link}1`, `${link}2`])
      each.exec(['sysctl', '-q', '-w', `net.ipv4.conf.${name}.rp_filter=0`]);
  router.exec(['sysctl', '-q', '-w', 'net.ipv6.conf.lan1.keep_addr_on_down=1']);
  far.ip('address', 'add', '10.20.0.1/32', 'dev', 'lo');
  far.ip('route', 'add', '10.9.0.0/24', 'nexthop', 'via', '10.0.1.1', 'nexthop', 'via', '10.0.2.1');
  peer.ip('route', 'add', 'default', 'via', '10.9.0.1');
  far.spawn([process.execPath, '-e', ECHO]);
  const config = (routes: string) =>
    `router: { id: 10.9.0.1, bundles: [${bundles}], modules: { IP: 'ip@${manifest.version}' } }
ip:
  interfaces: { wan0: { router-discovery: false } }
  routes:
${routes}`;
  const ours = (...which: string[]) =>
    router
      .ip(...which, 'route', 'show', 'proto', '72')
      .split('\n')
      .map((line) => line.trim().replaceAll(/\s+/g, ' '))
      .filter((line) => line !== '');
  const reaches = (address: string) => {
    try {
      peer.exec([process.execPath, '-e', ASKING, address]);
      return true;
    } catch {
      return false;
    }
  };
  const until = (what: string, holds: () => boolean) =>
    eventuallyAsync(what, PATIENCE, async () => holds() || undefined);
  return { ...whole, far, config, ours, reaches, until };
}

const ROUTES = `    10.20.0.0/16: { 10.0.1.2: {}, 10.0.2.2: { distance: 200 } }
    10.21.0.0/16: { 10.20.0.1: {} }
    10.22.0.0/16: { 10.0.1.2: {}, 10.0.2.2: {} }
    10.23.0.0/16: { blackhole: {} }
    fd00:20::/32: { 'fd00:1::2': {}, 'fd00:2::2': {} }
    fd00:23::/32: { unreachable: {} }
`;

t.test(
  'static routes carry packets, over another link when one is down, and go at the end',
  { skip },
  async (t) => {
    const at = place(t);
    at.router.ip('route', 'add', '10.99.0.0/16', 'via', '10.0.2.2', 'proto', 'static');
    const router = await running(t, at, at.config(ROUTES));
    await at.until('all are there', () => at.ours('-4').length >= 6 && at.ours('-6').length >= 2);
    t.match(at.ours('-4').join('\n'), /^10\.20\.0\.0\/16 via 10\.0\.1\.2 dev lan1 (proto \S+ )?metric 72/m);
    t.match(
      at.ours('-4').join('\n'),
      /^10\.21\.0\.0\/16 via 10\.0\.1\.2 dev lan1/m,
      'resolved down to the link',
    );
    t.match(at.ours('-4').join('\n'), /^blackhole 10\.23\.0\.0\/16/m);
    await at.until('a host behind is reached', () => at.reaches('10.20.0.1'));

    at.router.ip('link', 'set', 'lan1', 'down');
    await at.until('the other way is there', () =>
      /^10\.20\.0\.0\/16 via 10\.0\.2\.2/m.test(at.ours('-4').join('\n')),
    );
    await at.until('it is reached still', () => at.reaches('10.20.0.1'));
    t.match(at.ours('-4').join('\n'), /^10\.21\.0\.0\/16 via 10\.0\.2\.2/m);
    t.match(at.ours('-4').join('\n'), /^10\.22\.0\.0\/16 via 10\.0\.2\.2/m);

    at.router.ip('link', 'set', 'lan1', 'up');
    await at.until('the first way is back', () =>
      /^10\.20\.0\.0\/16 via 10\.0\.1\.2/m.test(at.ours('-4').join('\n')),
    );
    await at.until('it is reached', () => at.reaches('10.20.0.1'));
    await at.until(
      'both ways are used',
      () => at.ours('-4').filter((line) => line.startsWith('nexthop')).length === 2,
    );

    at.router.ip('route', 'delete', '10.20.0.0/16', 'metric', '72');
    await at.until('it is put back', () => /^10\.20\.0\.0\/16/m.test(at.ours('-4').join('\n')));
    await at.until('it is told', () =>
      /10\.20\.0\.0\/16 .*was removed from the kernel by another program/.test(router.output()),
    );

    const console = await ConsoleSession.open(t, at.socket);
    await console.all(
      'delete ip routes 10.23.0.0/16',
      'set ip routes 10.24.0.0/16 10.0.2.2 distance 7',
      'commit',
    );
    await at.until('it is as committed', () => {
      const text = at.ours('-4').join('\n');
      return text.includes('10.24.0.0/16 via 10.0.2.2') && !text.includes('10.23.0.0');
    });

    const closed = once(router.child, 'close');
    router.child.kill('SIGTERM');
    await closed;
    t.same([at.ours('-4'), at.ours('-6')], [[], []]);
    t.match(
      at.router.ip('route', 'show', '10.99.0.0/16'),
      /10\.99\.0\.0\/16 via 10\.0\.2\.2/,
      'a stranger’s stays',
    );
  },
);

t.test(
  'after kill -9 the routes stay, and the next start takes them over and sweeps the others',
  { skip },
  async (t) => {
    const at = place(t);
    const first = await running(t, at, at.config(ROUTES));
    await at.until('all are there', () => at.ours('-4').length >= 6);
    const closed = once(first.child, 'close');
    first.child.kill('SIGKILL');
    await closed;
    t.ok(at.reaches('10.20.0.1'), 'packets go on');
    const monitor = at.router.spawn(['ip', '-o', 'monitor', 'route']);
    let text = '';
    monitor.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    await running(t, at, at.config(ROUTES.replace(/.*10\.22.*\n/, '')));
    await at.until(
      'what is not wanted any more is swept',
      () => !at.ours('-4').join('\n').includes('10.22.0.0'),
    );
    await at.until('the monitor heard it', () => text.includes('10.22.0.0'));
    const about = text.split('\n').filter((line) => /10\.2[013]\.0\.0|fd00:2[03]:/.test(line));
    t.same(about, [], 'nothing is said of the others');
  },
);
