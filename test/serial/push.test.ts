import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Text } from '../console/fixtures/text.ts';
import { skip } from './relay.ts';
import { bundleOf, isSame, pushed, released, StoringRouter } from './router-with-store.ts';

const IP = released('ip-2.0.0.cjs');

t.test(
  'a bundle that is pushed over a serial line is listed, with the right contents',
  { skip },
  async (t) => {
    const router = new StoringRouter(t);
    const relay = await router.onLine(t, { pace: 11_520 });
    t.same(router.listed, []);
    const result = await pushed(IP, relay.host);
    t.match(result, {
      status: 0,
      output: /^ip@2\.0\.0 is on the router, 10176 bytes, SHA-256 [0-9a-f]{64}\n$/,
    });
    t.match(result.errors, /^ip-2\.0\.0\.cjs: \d+ %[\s\S]*ip-2\.0\.0\.cjs: 100 %, 10176 of 10176 bytes/);
    t.same(router.listed, ['ip@2.0.0']);
    t.ok(isSame(IP, join(router.bundles, 'ip-2.0.0.cjs')));
    t.same(router.files, ['.incoming', 'ip-2.0.0.cjs'], 'nothing half done is left');
    t.match(await pushed(IP, relay.host), { status: 0, output: /^ip@2\.0\.0 was on the router already/ });
  },
);

t.test(
  'a line that flips bits and loses bytes delays a push, and damages nothing',
  { skip, timeout: 120_000 },
  async (t) => {
    const router = new StoringRouter(t);
    const relay = await router.onLine(t, { pace: 11_520, flips: 0.001, stalls: 0.002, stall: 6 });
    const result = await pushed(released('timer-2.0.0.cjs'), relay.host, { resume: 60_000 });
    t.match(result, { status: 0 }, result.errors);
    t.ok(isSame(released('timer-2.0.0.cjs'), join(router.bundles, 'timer-2.0.0.cjs')));
    t.ok(relay.toRouter.flipped > 0 && relay.toRouter.lost > 0, 'the line was bad');
    t.equal(router.host.runtime.calls.length, 0);
  },
);

t.test('a push that is cut goes on where it was', { skip, timeout: 120_000 }, async (t) => {
  const router = new StoringRouter(t);
  const relay = await router.onLine(t, { pace: 11_520 });
  const file = router.file('big-1.0.0.cjs', bundleOf('BIG', '1.0.0', 30_000));
  const errors = new Text();
  const pushing = pushed(file, relay.host, { errors, resume: 60_000 });
  while (!/ [3-9]\d %| 2[5-9] %/.test(errors.text)) await new Promise((resolve) => setTimeout(resolve, 5));
  // The adapter at the router's end.
  await relay.unplug(relay.router);
  await relay.plug(relay.router);
  t.match(await pushing, {
    status: 0,
    errors: /line was cut; waiting for it\n.* ([1-9]|\d\d) %, .*the rest follows/,
  });
  t.ok(isSame(file, join(router.bundles, 'big-1.0.0.cjs')));
});

t.test('a push that was given up is finished by the next one, from any console', { skip }, async (t) => {
  const router = await new StoringRouter(t).onSocket(t);
  const relay = await router.onLine(t, { pace: 11_520 });
  const file = router.file('big-1.0.0.cjs', bundleOf('BIG', '1.0.0', 30_000));
  const errors = new Text();
  const pushing = pushed(file, relay.host, { errors });
  while (!/ [3-9]\d %| 2[5-9] %/.test(errors.text)) await new Promise((resolve) => setTimeout(resolve, 5));
  await relay.unplug(relay.host);
  t.match(await pushing, { status: 2, output: '', errors: /CONSOLE_LOST: / });
  t.same(router.listed, [], 'what is half there is not listed');
  const rest = await pushed(file, router.socket);
  t.match(rest, { status: 0, errors: /^big-1\.0\.0\.cjs: [1-9]\d* %, .*the rest follows/ });
  t.ok(isSame(file, join(router.bundles, 'big-1.0.0.cjs')));
});

t.test('a push over a Unix socket does the same, with one line of JSON when asked', async (t) => {
  const router = await new StoringRouter(t).onSocket(t);
  const { status, output } = await pushed(IP, router.socket, { json: true });
  t.equal(status, 0);
  t.match(JSON.parse(output), { ok: true, data: { bundle: 'ip@2.0.0', bytes: 10176, already: false } });
  const wrong = await pushed('/nonexistent.cjs', router.socket, { json: true });
  t.equal(wrong.status, 1);
  t.match(JSON.parse(wrong.output), { ok: false, error: { code: 'PUSH_FILE' } });
  const pipe = router.file('pipe-1.0.0.cjs', '');
  rmSync(pipe);
  execFileSync('mkfifo', [pipe]);
  t.match(await pushed(pipe, router.socket), { status: 1, errors: /^PUSH_FILE: .* is a pipe/ });
});

t.test(
  'what is no bundle, another than its name says, or there with other contents is refused whole',
  async (t) => {
    const router = await new StoringRouter(t).onSocket(t);
    const source = readFileSync(IP, 'utf8');
    const cases: [string, string | Uint8Array, RegExp][] = [
      ['ip-9.9.9.cjs', source, /^BUNDLE_MISMATCH: ip-9\.9\.9\.cjs: its manifest says ip@2\.0\.0/],
      ['ip-3.0.0.cjs', 'this is no JavaScript', /^BUNDLE_SYNTAX: ip-3\.0\.0\.cjs:1: /],
      ['ip-3.0.0.cjs', 'exports.manifest = { api: 1 }', /^MANIFEST_INVALID: ip-3\.0\.0\.cjs: /],
      ['ip-3.0.0.cjs', 'while (true);', /^BUNDLE_TIMEOUT: ip-3\.0\.0\.cjs: /],
      ['ip-3.0.0.cjs', Uint8Array.of(0, 1, 2), /^BUNDLE_NOT_A_BUNDLE: ip-3\.0\.0\.cjs: /],
      ['ip-3.0.0.cjs', '', /^PUSH_FILE: /],
    ];
    for (const [name, contents, error] of cases) {
      const result = await pushed(router.file(name, contents), router.socket);
      t.equal(result.status, 1, String(error));
      t.match(result.errors.split('\n').at(-2), error);
    }
    t.same(router.listed, []);
    t.same(router.files, ['.incoming'], 'nothing half done is left');

    t.equal((await pushed(IP, router.socket)).status, 0);
    const other = router.file('ip-2.0.0.cjs', `${source}// other\n`);
    t.match(await pushed(other, router.socket), {
      status: 1,
      errors: /PUSH_EXISTS: ip@2\.0\.0 is there already/,
    });
    const disguised = router.file('new.cjs', `${source}// other\n`);
    t.match(await pushed(disguised, router.socket), { status: 1, errors: /PUSH_EXISTS: / });
    t.ok(isSame(IP, join(router.bundles, 'ip-2.0.0.cjs')));
    t.match(await pushed(router.file('any.cjs', bundleOf('ANY', '1.2.3', 400)), router.socket), {
      status: 0,
      output: /^any@1\.2\.3 is on the router/,
    });
  },
);
