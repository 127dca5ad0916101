/** The router and a watchdog: what the device gets while the router is well, hangs, ends in order, or is killed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { cable, noCable } from '../drivers/fixtures/cable.ts';
import { pause, until } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { sourceOf } from '../runtime/workshop.ts';
import { CONFIG, failing, running, stage } from './host.ts';

const skip = NetworkNamespace.unavailable || noCable;
if (skip !== false) t.comment(skip);

/** A configuration with a pty in the device's place, and what was written to it. */
async function watched(t: Test) {
  const { left, right } = await cable(t);
  const line = await openSerial(right, 115_200);
  t.teardown(() => line.destroy());
  let got = '';
  line.on('data', (bytes: Buffer) => {
    got += bytes.toString();
  });
  const watchdog = `watchdog: { device: ${left}, every: 100ms }`;
  return { watchdog, config: CONFIG.replace('id: 10.9.0.1', `$&, ${watchdog}`), got: () => got };
}

t.test(
  'the device gets a beat while the router runs, and the magic close when it stops',
  { skip },
  async (t) => {
    const place = stage(t);
    const { config, got } = await watched(t);
    const { child } = await running(t, place, config);
    const before = got().length;
    t.ok(before > 0, 'it was armed before the router answered');
    t.ok(await until(() => got().length > before + 3));
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    t.equal(await ended, 0);
    t.ok(await until(() => got().endsWith('V')));
    t.match(got(), /^\0+V$/);
  },
);

t.test('a router that is killed leaves the device armed', { skip }, async (t) => {
  const place = stage(t);
  const { config, got } = await watched(t);
  const { child } = await running(t, place, config);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await ended;
  await pause(100);
  t.match(got(), /^\0+$/);
});

t.test('a module that hangs the event loop ends the beats', { skip }, async (t) => {
  const place = stage(t);
  const bundles = join(place.directory, 'bundles');
  mkdirSync(bundles);
  const source = sourceOf({
    name: 'IP',
    version: '9.0.0',
    manifest: 'subscribes: { link: [1] }',
    // A handler would be cut: the guard does not bound what module code starts by itself.
    methods: 'onLink({ body }) { if (body.name === "wan0" && !body.up) setImmediate(() => { for (;;); }); }',
  });
  writeFileSync(join(bundles, 'ip-9.0.0.cjs'), source);
  const { watchdog, got } = await watched(t);
  const own = `router: { id: 10.9.0.1, ${watchdog}, bundles: [${bundles}], modules: { IP: ip@9.0.0 } }`;
  const { child } = await running(t, place, `${own}\nip: { interfaces: { wan0: } }\n`);
  place.router.ip('link', 'set', 'wan0', 'down');
  const silent = async () => {
    const before = got().length;
    await pause(1_000);
    return got().length === before;
  };
  let hangs = false;
  for (let i = 0; i < 5 && !hangs; i++) hangs = await silent();
  t.ok(hangs, 'nothing came for ten beats');
  t.notOk(child.exitCode ?? child.signalCode, 'while the process is still there');
  t.notMatch(got(), /V/);
  child.kill('SIGKILL');
});

t.test('a start that fails disarms the device, and one without its device says so', { skip }, async (t) => {
  const place = stage(t);
  const { config, got } = await watched(t);
  const broken = failing(place, [
    '--config',
    place.file(config.replace('id: 10.9.0.1', '$&, modules: { IP: ip@9.9.9 }')),
  ]);
  t.match(broken, { code: 2, text: /BUNDLE_NOT_FOUND/ });
  t.ok(await until(() => got().endsWith('V')));
  const absent = failing(place, [
    '--config',
    place.file(CONFIG.replace('id: 10.9.0.1', '$&, watchdog: { device: /dev/no-watchdog }')),
  ]);
  t.match(absent, { code: 2, text: /WATCHDOG_OPEN: \/dev\/no-watchdog: there is no such device: load its/ });
});
