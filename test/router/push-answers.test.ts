/** The answer to a configuration that is pushed: what it tells, and the secrets that it keeps. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';

const skip = NetworkNamespace.unavailable;

const SAFE = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'SAFE', version: '1.0.0', accepts: {}, subscribes: {}, timers: [], ports: {}, state: { version: 1 },
  config: { section: 'safe', schema: { type: 'object', properties: { password: { type: 'string' } } } } };
exports.default = class extends Module {
  initial(config) { return { config }; }
  configure(next) { return next; }
  apply(next) { this.state.config = next; }
};
`;

interface Final {
  ok: boolean;
  data?: Record<string, unknown>;
}

/** Pushes a configuration step by step; returns every byte of the answer to the last step. */
async function router(t: Test) {
  const place = stage(t);
  mkdirSync(join(place.directory, 'bundles'));
  writeFileSync(join(place.directory, 'bundles', 'safe-1.0.0.cjs'), SAFE);
  const own = `router: { id: 10.9.0.1, state: ${place.state}, bundles: [bundles], modules: { SAFE: safe@1.0.0 } }\n`;
  await running(t, place, `${own}safe: { password: hunter2 }\n`);
  const socket = connect(place.socket);
  await once(socket, 'connect');
  t.teardown(() => socket.destroy());
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = async (request: object): Promise<{ raw: string; said: string; final: Final }> => {
    socket.write(`${JSON.stringify(request)}\n`);
    let [raw, said] = ['', ''];
    for (;;) {
      const { value } = await lines.next();
      raw += value;
      const answer = JSON.parse(value) as Final & { line?: string };
      if (answer.line === undefined) return { raw, said, final: answer };
      said += `${answer.line}\n`;
    }
  };
  return async (sections: string, how: { dry: boolean; json: boolean; once?: string }) => {
    const text = Buffer.from(own + sections);
    const { dry, ...rest } = how;
    const sha256 = createHash('sha256').update(text).digest('hex');
    const check = sha256.slice(0, 16);
    await ask({ push: { step: 'file', name: 'new.yaml', bytes: text.length, sha256 } });
    await ask({ push: { step: 'text', sha256, offset: 0, data: text.toString('base64'), check } });
    return ask({ push: { step: 'apply', sha256, dry }, ...rest });
  };
}

t.test('no answer to a push has what a module was given', { skip }, async (t) => {
  const push = await router(t);
  for (const [n, dry] of [true, false].entries()) {
    const sections = `safe: { password: hunter${n} }\n`;
    const words = await push(sections, { dry, json: false, once: `words000${n}` });
    t.equal(words.final.ok, true);
    t.equal(words.final.data, undefined, 'words are for a person, facts for a program that asks');
    t.match(words.said, /^the configuration is right: configure SAFE\n/m);
    const json = await push(sections.replace('hunter', 'hunter5'), { dry, json: true, once: `json0000${n}` });
    t.same(json.final.data?.changes, [{ change: 'configure', module: 'SAFE' }]);
    t.match(json.final.data, dry ? { check: { ok: true } } : { transaction: { outcome: 'committed' } });
    for (const { raw } of [words, json]) t.notMatch(raw, /hunter/);
  }
});

t.test('what waits for the next start is told by a check as by the push itself', { skip }, async (t) => {
  const push = await router(t);
  const waiting = /^taken when the router starts again: log$/m;
  const changed = 'safe: { password: other }\nlog: { level: warn }\n';
  const dry = await push(changed, { dry: true, json: false });
  t.match(dry.said, /^the configuration is right: configure SAFE\n[\s\S]*\nnothing was changed\n$/);
  t.match(dry.said, waiting);
  const idle = await push('safe: { password: hunter2 }\nlog: { level: warn }\n', { dry: true, json: false });
  t.equal(
    idle.said,
    'the configuration is right: no module is concerned\ntaken when the router starts again: log\nnothing was changed\n',
  );
  t.match((await push(changed, { dry: false, json: false })).said, waiting);
});
