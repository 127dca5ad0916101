/** The file read again while the router runs, with a module that nobody here has heard of. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;

/** It takes any topic but one; version 2 can be loud. */
const chat = (version: string, more = '') => `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'CHAT', version: '${version}', accepts: {}, subscribes: {}, timers: [], ports: {}, state: { version: 1 },
  config: { section: 'chat', schema: { type: 'object', additionalProperties: false, required: ['topic'],
    properties: { topic: { type: 'string' }, every: { duration: { least: '1s', most: '1m' }, default: '5s' }, ${more} } },
    settings: (section, { router }) => ({ ...section, id: router.id }) } };
exports.default = class extends Module {
  initial(config) { return { config, configured: 0 }; }
  configure(next) { return next.topic === 'war' ? 'not of war' : { next }; }
  apply({ next }) { this.state.config = next; this.state.configured++; }
};
`;

const BASE = `timer: { period: 1s }
ip: { interfaces: { wan0: { interval: 10s } } }
`;

/** Of api 1: it cannot be configured while it runs. A newer VRRP needs what a newer IP tells. */
const FIXED = 'IP: ip@2.2.0, VRRP: vrrp@2.3.1';

async function router(t: Test, text: string) {
  const place = stage(t);
  const bundles = join(place.directory, 'bundles');
  mkdirSync(bundles);
  for (const [version, more] of [
    ['1.0.0', ''],
    ['2.0.0', 'loud: { type: "boolean", default: false }'],
  ] as const)
    writeFileSync(join(bundles, `chat-${version}.cjs`), chat(version, more));
  const file = (sections: string, own = `, modules: { CHAT: chat@1.0.0, ${FIXED} }`) =>
    `router: { id: 10.9.0.1, bundles: [bundles]${own} }\n${sections}`;
  const { reload } = await running(t, place, file(text));
  const exec = (line: string) => execAt(place.socket, line);
  const state = async () => ((await exec('show state CHAT')).data as { state: unknown }).state;
  const modules = async () =>
    ((await exec('show modules')).data as { name: string; version: string }[]).map(
      ({ name, version }) => `${name} ${version}`,
    );
  return {
    file: (sections: string) => place.file(file(sections)),
    reload: (sections: string, { own, last }: { own?: string; last?: RegExp } = {}) =>
      reload(file(sections, own), last),
    exec,
    state,
    modules,
  };
}

t.test('SIGHUP makes the modules what the file says, in one transaction', { skip }, async (t) => {
  const talk = 'chat: { topic: swaps }\n';
  const { reload, exec, state, modules } = await router(t, BASE + talk);
  t.match(await state(), { config: { topic: 'swaps', every: 5000, id: '10.9.0.1' }, configured: 0 });
  const before = await modules();

  t.match(await reload(BASE + talk), /was read again: no module is concerned/);
  t.match(await reload(`${BASE}chat: { topic: peace, every: 7s }\n`), /was read again: configure CHAT\n/);
  t.match(await state(), { config: { topic: 'peace', every: 7000 }, configured: 1 });
  t.match((await exec('show upgrades')).data, [
    { outcome: 'committed' },
    { outcome: 'committed', command: 'reload', by: 'SIGHUP' },
  ]);

  const invalid = await reload(`${BASE}chat: { topic: 7, evry: 1s }\n`);
  t.match(
    invalid,
    /error: .*nothing changed: CONFIG_INVALID: .*2 mistakes: .*router\.yaml:4:16: chat\.topic: found 7; allowed: a text/,
  );
  t.match(
    await reload(`${BASE}chat: { topic: war }\n`),
    /error: .*nothing changed: .*CONFIG_REFUSED: chat@1\.0\.0: not of war/,
  );
  const fixed = await reload(`${BASE.replace('10s', '20s')}chat: { topic: other }\n`);
  t.match(
    fixed,
    /error: .*nothing changed: MODULE_FIXED: .* IP \(ip@2\.2\.0\) has changed, .*; "replace IP ip@\d\.\d\.\d" first, /,
  );
  t.match(await state(), { config: { topic: 'peace' }, configured: 1 }, 'none of the three changed anything');
  t.same(await modules(), before);

  const others = await reload(
    `${BASE}vrrp: [{ interface: wan0, group: 7, addresses: [10.9.0.254] }]\nlog: { level: warn }\n`,
    { last: /the configuration file has changed in log too: taken when the router starts again/ },
  );
  t.match(others, /was read again: remove CHAT, add VRRP\n/);
  t.match((await modules()).join(), /VRRP/);
  t.notMatch((await modules()).join(), /CHAT/);
  t.equal(
    ((await exec('show upgrades')).data as unknown[]).length,
    4,
    'one transaction each, also for the refusal',
  );

  t.match(await reload(`${BASE}chat: { topic: again }\n`), /was read again: remove VRRP, add CHAT\n/);
  t.match(await state(), { config: { topic: 'again' }, configured: 0 });
  t.equal((await exec('remove CHAT')).ok, true);
  t.match(
    await reload(`${BASE}chat: { topic: again }\n`),
    /no module is concerned/,
    'a command has removed it: it stays out',
  );
});

t.test(
  'a version with another schema takes the section with it, and a file names versions',
  { skip },
  async (t) => {
    const loud = `${BASE}chat: { topic: swaps, loud: true }\n`;
    const { file, reload, exec, state, modules } = await router(t, `${BASE}chat: { topic: swaps }\n`);
    t.match(
      await reload(loud),
      /CONFIG_INVALID: .*chat\.loud: found the unknown key "loud"; allowed: topic, every/,
    );
    t.same((await exec('replace CHAT chat@2.0.0')).ok, true);
    t.match(await state(), { config: { topic: 'swaps', loud: true }, configured: 1 });
    t.equal((await exec('rollback')).ok, true);
    t.match(await state(), { config: { topic: 'swaps' }, configured: 2 }, 'configured back as well');
    t.notMatch(await state(), { config: { loud: true } });

    file(`${BASE}chat: { topic: war }\n`);
    const refused = await exec('replace CHAT chat@2.0.0');
    t.match(refused, { ok: false, message: /CONFIG_REFUSED: chat@2\.0\.0: not of war/ });
    file(`${BASE}chat: { topic: 7 }\n`);
    t.match(await exec('replace CHAT chat@2.0.0'), { ok: false, code: 'CONFIG_INVALID' });
    t.match((await modules()).join(), /CHAT 1\.0\.0/);

    t.match(await reload(loud, { own: ', modules: { CHAT: chat@2.0.0 }' }), /was read again: replace CHAT\n/);
    t.match(await state(), { config: { topic: 'swaps', loud: true }, configured: 3 });
    t.same((await exec('replace CHAT chat@1.0.0')).code, 'CONFIG_INVALID', 'its schema knows no such key');
  },
);

/** It takes note of the links that it has a port on, and of no other. */
const WATCH = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'WATCH', version: '1.0.0', accepts: {}, subscribes: { link: [1] }, timers: [], state: { version: 1 },
  ports: { wire: { kind: 'raw-ip', protocol: 253 } },
  config: { section: 'watch', schema: { type: 'array', items: { type: 'string' } } } };
exports.default = class extends Module {
  initial(on) { return { on, links: {} }; }
  start() { for (const name of this.state.on) this.ctx.openPort('wire', name); }
  configure(next) { return next; }
  apply(next) { this.state.on = next; this.start(); }
  onWire() {}
  onLink({ body: { name, up } }) { if (this.state.on.includes(name)) this.state.links[name] = up; }
};
`;

t.test('a module is told the state of an interface that it uses from now on', { skip }, async (t) => {
  const place = stage(t);
  NetworkNamespace.join([place.router, 'wan1', '10.9.1.1/24'], [place.peer, 'eth1', '10.9.1.2/24']);
  mkdirSync(join(place.directory, 'bundles'));
  writeFileSync(join(place.directory, 'bundles', 'watch-1.0.0.cjs'), WATCH);
  const head = `router: { id: 10.9.0.1, bundles: [bundles], modules: { WATCH: watch@1.0.0 } }\n`;
  const { child } = await running(t, place, `${head}watch: [wan0]\n`);
  const links = async () =>
    ((await execAt(place.socket, 'show state WATCH')).data as { state: { links: object } }).state.links;
  t.same(await links(), { wan0: true });
  place.file(`${head}watch: [wan0, wan1, wan2]\n`);
  child.kill('SIGHUP');
  await eventuallyAsync('it knows both', 15_000, async () => Object.keys(await links()).length === 2);
  t.same(await links(), { wan0: true, wan1: true }, 'one that is missing has no state');
});
