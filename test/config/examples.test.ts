import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { reader } from './read.ts';

const { start } = reader(t);

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../firmware/config/examples');
const load = (name: string) => start(readFileSync(join(folder, name), 'utf8'), join(folder, name));

t.test('there are three examples, and each begins with what it is for', async (t) => {
  const names = readdirSync(folder).sort();
  t.same(names, ['lab.yaml', 'minimal.yaml', 'two-lans.yaml']);
  for (const name of names) t.match(readFileSync(join(folder, name), 'utf8'), /^# \w/, name);
});

t.test('minimal.yaml advertises on one LAN with the defaults of RFC 1256', async (t) => {
  t.match((await load('minimal.yaml')).changes, [
    {
      module: 'IP',
      bundle: /^ip@/,
      config: { lifetime: 1800, interfaces: { lan0: { preference: 0, interval: 600_000 } } },
    },
  ]);
});

t.test('two-lans.yaml runs all protocols and looks for bundles beside itself', async (t) => {
  const { config, changes } = await load('two-lans.yaml');
  t.same(changes.map(({ module }) => module).sort(), ['IP', 'OSPF', 'VRRP']);
  t.same(config.router.bundles, [join(folder, 'bundles')]);
  t.equal(config.router.state, '/var/lib/hitless');
  t.same(config.console.serial, { path: '/dev/ttyS0', baud: 115_200 });
});

t.test('lab.yaml starts the oldest release of each module and sends every second', async (t) => {
  const { changes } = await load('lab.yaml');
  t.same(changes.map(({ bundle }) => bundle).sort(), ['ip@1.0.0', 'ospf@1.0.0', 'timer@1.0.0', 'vrrp@1.0.0']);
  t.match(changes.find(({ module }) => module === 'IP')?.config, {
    lifetime: 30,
    interfaces: { lan1: { interval: 1000 } },
  });
});

t.test("the manual's examples are right as they stand", async (t) => {
  const manual = readFileSync(join(folder, '../../README.md'), 'utf8');
  const examples = [...manual.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const sections = examples
    .map((text) => /^\w+:/m.exec(text)?.[0])
    .filter((section) => section !== undefined);
  t.ok(sections.length >= 3, sections.join(' '));
  for (const text of examples) if (/^\w+:/m.test(text)) await t.resolves(start(text), text);
});
