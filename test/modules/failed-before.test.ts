/** Packets that did not leave before a new version came are no fault of it: it stays. Those that cease to leave then are its fault. */
import { fileURLToPath } from 'node:url';
import t from 'tap';
import * as ip from '../../firmware/modules/ip/module.ts';
import * as ospf from '../../firmware/modules/ospf/module.ts';
import * as vrrp from '../../firmware/modules/vrrp/module.ts';
import { type ModuleKit, testModule } from '../../runtime/testing/index.ts';
import { linkUp } from './fake-context.ts';

const group = { priority: 200, interval: 100, preempt: true };
const MODULES = [
  {
    port: 'icmp',
    now: ip,
    config: {
      lifetime: 1800,
      interfaces: { r0: { preference: 0, interval: 1_000 }, r1: { preference: 0, interval: 1_000 } },
    },
  },
  {
    port: 'ospf',
    now: ospf,
    config: {
      routerId: '1.1.1.1',
      area: '0.0.0.0',
      interfaces: {
        r0: { helloInterval: 1, deadInterval: 4, priority: 0 },
        r1: { helloInterval: 1, deadInterval: 4, priority: 0 },
      },
    },
  },
  {
    port: 'vrrp',
    now: vrrp,
    config: {
      groups: [
        { ...group, interface: 'r0', group: 1, addresses: ['10.0.0.9'] },
        { ...group, interface: 'r1', group: 1, addresses: ['10.0.1.9'] },
      ],
    },
  },
];

for (const { port, now, config } of MODULES) {
  const name = now.manifest.name.toLowerCase();
  const before = fileURLToPath(new URL(`../../firmware/releases/${name}-2.3.0.cjs`, import.meta.url));

  t.test(
    `${name}: a version goes where packets begin to fail, and stays where they failed before it`,
    async (t) => {
      // biome-ignore lint/suspicious/noExplicitAny: three modules of three types
      const kit: ModuleKit<any> = await testModule(before, { config, probation: { duration: 20_000 } });
      t.teardown(() => kit.runtime.stop());
      for (const name of ['r0', 'r1'])
        kit.publish('link', linkUp(name, `10.0.${name.slice(1)}.1/24`), { retain: name });
      kit.advance(10_000);
      const passes = async (seconds: number) => {
        for (let second = 0; second < seconds; second++) {
          kit.advance(1_000);
          await kit.settled();
        }
      };
      await kit.replace(now);
      kit.link(port, 'r0', 'down');
      await passes(15);
      t.equal(kit.version, '2.3.0');
      await passes(30);
      await kit.replace(now);
      await passes(30);
      t.equal(kit.version, now.manifest.version);
    },
  );
}
