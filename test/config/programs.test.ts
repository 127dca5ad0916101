/** `hitless check` and `hitless schema`, and the reference of keys. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import t from 'tap';
import { parse } from 'yaml';
import { withTables } from '../../firmware/reference.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const README = join(root, 'firmware/README.md');
const EXAMPLES = join(root, 'firmware/config/examples');

const folder = mkdtempSync(join(tmpdir(), 'hitless-test-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** Without versions that this machine's own router may have kept. */
function hitless(...args: string[]) {
  const program = join(root, 'dist/hitless.mjs');
  const env = { ...process.env, STATE_DIRECTORY: join(folder, 'state') };
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });
}

/** A module that nobody here has heard of, with a section. */
const CHAT = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'CHAT', version: '1.0.0', accepts: {}, subscribes: {}, timers: [], ports: {}, state: { version: 1 },
  config: { section: 'chat',
    schema: { type: 'object', additionalProperties: false, required: ['topic'], description: 'talk',
      properties: { topic: { type: 'string', description: 'what it is about' }, every: { duration: { least: '1s', most: '1m' }, default: '5s', description: 'time between two words' } } },
    check: ({ topic, every }, { router }) => (topic === 'fast' && every > 1000 ? [{ path: ['chat', 'every'], text: '1s, for ' + router.preparation }] : []) } };
exports.default = class extends Module { initial() { return {}; } };
`;

t.test(
  'check says what a router would start, or every mistake, and its exit code is for scripts',
  async (t) => {
    const good = join(EXAMPLES, 'two-lans.yaml');
    const right = hitless('check', '--config', good);
    t.match(right, {
      status: 0,
      stdout: /two-lans\.yaml: right, for IP ip@[\d.]+, OSPF ospf@[\d.]+, VRRP vrrp@[\d.]+$/m,
      stderr: '',
    });
    const json = hitless('check', '--config', good, '--json');
    t.match(JSON.parse(json.stdout), { ok: true, modules: [{ module: 'IP', bundle: /^ip@/ }, {}, {}] });
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'log: { level: loud }\nip: { interfaces: { lan0: { intervall: 1s } } }\n');
    const wrong = hitless('check', '--config', file);
    t.match(wrong, {
      status: 1,
      stdout: '',
      stderr: /CONFIG_INVALID: .*2 mistakes:\n.*wrong\.yaml:1:15: log\.level.*\n.*:2:29: ip/,
    });
    const told = hitless('check', '--config', file, '--json');
    t.match(JSON.parse(told.stdout), {
      ok: false,
      error: { code: 'CONFIG_INVALID' },
      problems: [
        { line: 1, column: 15, path: 'log.level', found: '"loud"' },
        { line: 2, path: 'ip.interfaces.lan0.intervall' },
      ],
    });
    t.equal(told.status, 1);
    t.match(hitless('check', '--config', join(EXAMPLES, 'none.yaml')), {
      status: 2,
      stderr: /CONFIG_UNREADABLE/,
    });
    t.match(hitless('check'), { status: 2, stderr: /USAGE: check needs --config FILE/ });
  },
);

t.test('a module that nobody has heard of brings its section, as long as its bundle is there', async (t) => {
  mkdirSync(join(folder, 'bundles'));
  writeFileSync(join(folder, 'bundles/chat-1.0.0.cjs'), CHAT);
  const file = join(folder, 'router.yaml');
  const checked = (text: string) => {
    writeFileSync(file, text);
    return hitless('check', '--config', file);
  };
  const bundles = 'router: { bundles: [bundles] }\n';
  t.match(checked(`${bundles}chat: { topic: swaps }`), { status: 0, stdout: /CHAT chat@1\.0\.0/ });
  t.match(checked('chat: { topic: swaps }'), {
    status: 1,
    stderr:
      /1:1: chat: found the unknown key "chat"; allowed: .*vrrp; the section of another module comes with its bundle/,
  });
  t.match(
    checked(`${bundles}chat: { topic: 7, evry: 1s }`).stderr,
    /2:16: chat\.topic: found 7; allowed: a text\n.*2:19: chat\.evry: .*did you mean every\?/,
  );
  t.match(
    checked(`${bundles}chat: { topic: fast }`).stderr,
    /2:1: chat\.every: found 5s \(the default\); allowed: 1s, for 2000/,
  );
  t.match(checked(`router: { bundles: [bundles], modules: { CHAT: chat@9.0.0 } }\nchat: { topic: a }`), {
    status: 1,
    stderr: /BUNDLE_NOT_FOUND: there is no chat@9\.0\.0: there are chat@1\.0\.0/,
  });
  writeFileSync(
    join(folder, 'bundles/chat-2.0.0.cjs'),
    CHAT.replace('1.0.0', '2.0.0').replace("'chat'", "'log'"),
  );
  t.match(
    checked('router: { bundles: [bundles], modules: { CHAT: chat@2.0.0 } }').stderr,
    /MANIFEST_INVALID: chat@2\.0\.0: manifest\.config\.section must be another than "log"/,
  );
  rmSync(join(folder, 'bundles/chat-2.0.0.cjs'));
  checked('router: { bundles: [bundles], modules: { CHAT: chat@9.0.0 } }\nchat: { topic: a }');
  const without = hitless('schema', '--config', file);
  t.notOk('chat' in JSON.parse(without.stdout).properties);
  t.match(without.stderr, /left out: BUNDLE_NOT_FOUND: there is no chat@9/);
  writeFileSync(file, bundles);
  const schema = JSON.parse(hitless('schema', '--config', file).stdout);
  t.match(schema.properties.chat, {
    type: ['object', 'null'],
    properties: {
      every: { type: 'string', default: '5s', description: /time between two words; a time from 1s to 1m/ },
    },
  });
});

t.test('the schema is one of the standard alone, and takes what the router takes', async (t) => {
  const { stdout, status } = hitless('schema');
  t.equal(status, 0);
  // Formats of the standard are in a package of their own.
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, validateFormats: false });
  const validate = ajv.compile(JSON.parse(stdout));
  for (const name of ['lab', 'minimal', 'two-lans']) {
    const data = parse(readFileSync(join(EXAMPLES, `${name}.yaml`), 'utf8'));
    t.ok(validate(data), `${name}: ${JSON.stringify(validate.errors)}`);
  }
  t.ok(validate({ ip: { interfaces: { lan0: null } } }), JSON.stringify(validate.errors));
  t.ok(validate({ ip: {} }), JSON.stringify(validate.errors));
  for (const wrong of [
    { timr: {} },
    { timer: { period: 5 } },
    { ip: [] },
    { vrrp: [] },
    { log: { level: 'loud' } },
  ])
    t.notOk(validate(wrong), JSON.stringify(wrong));
});

t.test('the reference of keys says what is checked', async (t) => {
  const text = readFileSync(README, 'utf8');
  t.equal(await withTables(text), text, 'npm run reference writes it anew');
  t.match(
    text,
    /\| `ospf\.interfaces\.NAME\.dead-interval` \| a time from 1s to 4369m in whole seconds \| four times/,
  );
});
