import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { loadConfig } from '../../firmware/config/load.ts';
import { moduleStarts } from '../../firmware/config/modules.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../firmware/config/examples');
const load = (name: string) => loadConfig(join(folder, name));
const started = (name: string) => moduleStarts(load(name)).map((start) => start.module);

t.test('there are three examples, and each begins with what it is for', async (t) => {
  const names = readdirSync(folder).sort();
  t.same(names, ['lab.yaml', 'minimal.yaml', 'two-lans.yaml']);
  for (const name of names) t.match(readFileSync(join(folder, name), 'utf8'), /^# \w/, name);
});

t.test('minimal.yaml advertises on one LAN with the defaults of RFC 1256', async (t) => {
  t.same(moduleStarts(load('minimal.yaml')), [
    {
      module: 'IP',
      bundle: undefined,
      config: { lifetime: 1800, interfaces: { lan0: { preference: 0, interval: 600_000 } } },
    },
    { module: 'TIMER', bundle: undefined, config: { period: 1000 } },
  ]);
});

t.test('two-lans.yaml runs all four modules and looks for bundles beside itself', async (t) => {
  t.same(started('two-lans.yaml'), ['OSPF', 'IP', 'VRRP', 'TIMER']);
  const config = load('two-lans.yaml');
  t.same(config.router.bundles, [join(folder, 'bundles')]);
  t.equal(config.router.state, '/var/lib/hitless');
  t.same(config.console.serial, { path: '/dev/ttyS0', baud: 115_200 });
});

t.test('lab.yaml starts the oldest release of each module and sends every second', async (t) => {
  const starts = moduleStarts(load('lab.yaml'));
  t.same(starts.map((start) => start.bundle).sort(), ['ip@1.0.0', 'ospf@1.0.0', 'timer@1.0.0', 'vrrp@1.0.0']);
  t.match(starts.find((start) => start.module === 'IP')?.config, {
    lifetime: 30,
    interfaces: { lan1: { interval: 1000 } },
  });
});
