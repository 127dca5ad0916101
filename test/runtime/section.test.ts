/** A version's section of the configuration: what a manifest may say of it, and its code, which is bounded like all other. */
import t from 'tap';
import { API } from '../../runtime/index.ts';
import { validateManifest } from '../../runtime/module/manifest.ts';
import { Workshop } from './workshop.ts';

const withConfig = (config: unknown, api = API) =>
  validateManifest(
    {
      api,
      name: 'CHAT',
      version: '1.0.0',
      accepts: {},
      subscribes: {},
      timers: [],
      ports: api === 1 ? [] : {},
      state: { version: 1 },
      config,
    },
    'chat.cjs',
  );

const sectionOf = async (shop: Workshop, config: string) => {
  // As long as nothing serves, code has more time.
  await shop.add('IDLE', shop.bundle({ name: 'IDLE', version: '1.0.0' }));
  const ref = shop.bundle({
    name: 'CHAT',
    version: '1.0.0',
    manifest: `api: 2, config: ${config}`,
  });
  return (await shop.runtime.repository.sectionOf(ref))!;
};

t.test('a manifest that breaks a rule is refused with the key and what is allowed', async (t) => {
  const config = { section: 'chat', schema: { type: 'object' } };
  const rows: [unknown, RegExp][] = [
    [7, /manifest\.config must be an object with section and schema/],
    [{ ...config, section: 'Chat' }, /manifest\.config\.section must be a lower-case letter/],
    [{ ...config, section: undefined }, /manifest\.config\.section must be/],
    [{ ...config, schema: undefined }, /manifest\.config\.schema must be a JSON Schema/],
    [{ ...config, schema: true }, /manifest\.config\.schema must be a JSON Schema/],
    [{ ...config, schema: { default: new Map() } }, /manifest\.config\.schema\.default must be JSON/],
    [{ ...config, schema: { minimum: Number.NaN } }, /manifest\.config\.schema\.minimum must be JSON/],
    [
      { ...config, schema: { allOf: [{ $ref: '#' }] } },
      /manifest\.config\.schema\.allOf\[0\]\.\$ref must be left out/,
    ],
    [{ ...config, check: 'yes' }, /manifest\.config\.check must be a function/],
    [
      { ...config, setting: () => 1 },
      /manifest\.config\.setting must be left out: config has section, schema/,
    ],
  ];
  for (const [value, message] of rows)
    t.throws(() => withConfig(value), { code: 'MANIFEST_INVALID', message });
  const endless: Record<string, unknown> = {};
  endless.properties = endless;
  t.throws(() => withConfig({ ...config, schema: endless }), { code: 'MANIFEST_INVALID', message: /deep/ });
  t.throws(() => withConfig({ ...config, schema: { enum: new Array(30_000).fill(0) } }), {
    message: /at most/,
  });
  t.throws(() => withConfig(config, 1), {
    code: 'MANIFEST_INVALID',
    message: /config must be left out: it came with/,
  });
  t.same(withConfig(config).config, config);
  t.equal(withConfig(undefined).config, undefined);
});

t.test('the schema is a copy that nobody changes afterwards', async (t) => {
  const schema = { type: 'object', properties: { topic: { enum: ['a'] } } };
  const { config } = withConfig({ section: 'chat', schema });
  schema.properties.topic.enum.push('b');
  t.same((config!.schema as typeof schema).properties.topic.enum, ['a']);
  t.ok(Object.isFrozen((config!.schema as typeof schema).properties.topic.enum));
});

t.test('relations and settings are asked of the version, on copies', async (t) => {
  const shop = new Workshop(t);
  const section = await sectionOf(
    shop,
    `{ section: 'chat', schema: { type: 'object' },
      check(section, whole) { section.topic = 'written'; return [{ path: ['chat', 'topics', 0], text: 'another than ' + whole.router.id }]; },
      settings(section, whole) { return { topic: section.topic, id: whole.router.id }; } }`,
  );
  t.match(section, { bundle: 'chat@1.0.0', module: 'CHAT', name: 'chat', schema: { type: 'object' } });
  const data = { topic: 'swaps' };
  const whole = { chat: data, router: { id: '1.1.1.1' } };
  t.same(await section.check(data, whole), [{ path: ['chat', 'topics', 0], text: 'another than 1.1.1.1' }]);
  t.same(await section.settings(data, whole), { topic: 'swaps', id: '1.1.1.1' });
  t.equal(data.topic, 'swaps');
});

t.test('a version without them takes its section as it is', async (t) => {
  const section = await sectionOf(new Workshop(t), `{ section: 'chat', schema: {} }`);
  const data = { topic: 'swaps' };
  t.same(await section.check(data, {}), []);
  const settings = await section.settings(data, {});
  t.same(settings, data);
  t.not(settings, data, 'a copy');
});

t.test('what they do wrong is told with the version, and disturbs nobody', async (t) => {
  const rows: [string, string, RegExp][] = [
    ['check() { for (;;); }', 'HOOK_CUT', /^chat@1\.0\.0: config\.check did not return within \d+ ms$/],
    ['check() { throw new Error("no"); }', 'HOOK_THREW', /chat@1\.0\.0: config\.check threw: .*no/],
    ['check: async () => []', 'HOOK_ASYNC', /config\.check answered a promise/],
    ['check: () => "no"', 'SECTION_INVALID', /config\.check must return a list/],
    ['check: () => [{ path: "chat", text: "no" }]', 'SECTION_INVALID', /relations as \{ path, text \}/],
    ['check: () => [{ path: [{}], text: "no" }]', 'SECTION_INVALID', /relations as \{ path, text \}/],
    [
      'check: () => new Proxy([{}], { get(o, k) { if (k === "0") for (;;); return o[k]; } })',
      'HOOK_CUT',
      /did not/,
    ],
    ['settings() { for (;;); }', 'HOOK_CUT', /config\.settings did not return/],
    ['settings: () => ({ go() {} })', 'SECTION_INVALID', /plain data, but it\.go is a function/],
    ['settings: async () => ({})', 'HOOK_ASYNC', /config\.settings answered a promise/],
  ];
  for (const [code, expected, message] of rows) {
    const section = await sectionOf(new Workshop(t), `{ section: 'chat', schema: {}, ${code} }`);
    const asked = code.startsWith('check') ? section.check({}, {}) : section.settings({}, {});
    await t.rejects(asked, { code: expected, message, module: 'CHAT' }, code);
  }
  const section = await sectionOf(new Workshop(t), `{ section: 'chat', schema: {} }`);
  const spins = section.run('config.schema', () => {
    for (;;);
  });
  await t.rejects(spins, { code: 'HOOK_CUT', message: /config\.schema did not return/ });
});
