/** A configuration over a serial line that is bad: it arrives whole and is applied once, or not at all. */
import { createHash } from 'node:crypto';
import t from 'tap';
import type { SentConfig, Taking } from '../../firmware/push/config-store.ts';
import { ConfigStore } from '../../firmware/push/config-store.ts';
import type { TakenConfig } from '../../firmware/push/steps.ts';
import { until } from '../console/fixtures/pty.ts';
import { Text } from '../console/fixtures/text.ts';
import { skip } from './relay.ts';
import { pushed, released, StoringRouter } from './router-with-store.ts';

const TAKEN: TakenConfig = { file: '/etc/router.yaml', changes: [], waiting: [], saved: 'now' };
/** As long as some seconds of the line, which compresses what it carries. */
const CONFIG = `${Array.from({ length: 400 }, (_, i) => `# ${createHash('sha256').update(String(i)).digest('hex')}`).join('\n')}\nlog: {}\n`;

/** It takes what is sent, and keeps it waiting until it is told. */
class TakingRouter extends StoringRouter {
  readonly taken: (SentConfig & Taking)[] = [];
  finish: () => void = () => {};
  waits = false;

  constructor(t: ConstructorParameters<typeof StoringRouter>[0]) {
    super(t);
    const configs = new ConfigStore(async (sent, how) => {
      this.taken.push({ ...sent, ...how });
      if (this.waits) await new Promise<void>((resolve) => (this.finish = resolve));
      return TAKEN;
    });
    Object.assign(this.host, { configs });
  }
}

t.test('noise on the line delays it, and damages nothing', { skip, timeout: 120_000 }, async (t) => {
  const router = new TakingRouter(t);
  const relay = await router.onLine(t, { pace: 11_520, flips: 0.0005, stalls: 0.001, stall: 6 });
  const result = await pushed(router.file('new.yaml', CONFIG), relay.host, { resume: 60_000 });
  t.match(
    result,
    { status: 0, output: /no module is concerned\nsaved as \/etc\/router\.yaml\n$/ },
    result.errors,
  );
  t.same(router.taken, [{ name: 'new.yaml', text: CONFIG, by: 'serial', dry: false }]);
  t.ok(relay.toRouter.flipped > 0, 'the line was bad');
});

t.test(
  'a line that is cut on the way applies nothing, and goes on later',
  { skip, timeout: 120_000 },
  async (t) => {
    const router = new TakingRouter(t);
    const relay = await router.onLine(t, { pace: 11_520 });
    const file = router.file('new.yaml', CONFIG);
    const errors = new Text();
    const given = pushed(file, relay.host, { errors });
    await until('a third is there', () => / [3-9]\d %/.exec(errors.text)?.[0], 60_000);
    await relay.unplug(relay.host);
    t.match(await given, { status: 2, errors: /CONSOLE_LOST: / });
    t.same(router.taken, [], 'half a file is none');
    await relay.plug(relay.host);
    const rest = await pushed(file, relay.host, { resume: 60_000 });
    t.match(rest, { status: 0, errors: /^new\.yaml: [1-9]\d* %, .*the rest follows/ });
    t.equal(router.taken.length, 1);
    t.equal(router.taken[0]?.text, CONFIG);
  },
);

t.test(
  'a line that is cut while it is applied: it is applied once, and told',
  { skip, timeout: 120_000 },
  async (t) => {
    const router = new TakingRouter(t);
    const relay = await router.onLine(t);
    router.waits = true;
    const errors = new Text();
    const given = pushed(router.file('new.yaml', 'log: {}\n'), relay.host, { errors, resume: 60_000 });
    await until('it is taken', () => router.taken[0]);
    await relay.unplug(relay.router);
    await until('it is told', () => /the line was cut/.exec(errors.text)?.[0]);
    await relay.plug(relay.router);
    router.finish();
    const result = await given;
    t.match(result, { status: 0, output: /^the configuration is right/ }, result.errors);
    t.equal(router.taken.length, 1, 'it was asked for twice, and carried out once');
  },
);

t.test('a replacement over a line that is cut is carried out once', { skip, timeout: 120_000 }, async (t) => {
  const router = new TakingRouter(t);
  const relay = await router.onLine(t);
  const { runtime } = router.host;
  runtime.takes = 3000;
  const errors = new Text();
  const given = pushed(released('ip-2.0.0.cjs'), relay.host, { errors, resume: 60_000, replace: true });
  await until('it is asked for', () => runtime.calls[0]);
  await relay.unplug(relay.router);
  await until('it is told', () => /the line was cut/.exec(errors.text)?.[0]);
  await relay.plug(relay.router);
  t.match(await given, { status: 0, output: /IP 1\.0\.0 -> 2\.0\.0/ });
  t.equal(runtime.calls.length, 1);
});
