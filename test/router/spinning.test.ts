/** A module that never returns from any handler, beside FRR and keepalived: the others go on. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { ModuleView } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { inside, labUnavailable } from '../lab/lab-under-test.ts';
import { sourceOf } from '../runtime/workshop.ts';
import { eventuallyAsync, RouterLab } from './router-lab.ts';

const skip =
  labUnavailable() ||
  (nativeWatch() === undefined && 'SKIPPED: the native watch is not compiled') ||
  (process.getuid?.() === 0 ? false : 'SKIPPED: FRR runs only as root; run the tests as root');

/** Asked for by TIMER every 100 ms. It spins once an interface of this name is there: nobody would take it back then. */
const TRIGGER = 'spin0';
const SPINNING = sourceOf({
  name: 'SPIN',
  version: '1.0.0',
  manifest: "api: 2, subscribes: { broadcast: [1], link: [1] }, timers: ['tick'], ports: {}",
  methods: `
    initial() { return { spins: false }; }
    start() { this.ctx.setTimer('tick', '', 50); }
    #spin() { while (this.state.spins); }
    onBroadcast() { this.#spin(); }
    onLink({ body }) { this.#spin(); this.state.spins ||= body.name === '${TRIGGER}'; }
    onTick() { this.ctx.setTimer('tick', '', 50); this.#spin(); }`,
});

t.test(
  'a module that spins in every handler is cut until it is out of service, and no neighbour of the others notices',
  { skip, timeout: 240_000 },
  async (t) => {
    const lab = await RouterLab.start(t, { peers: true });
    await lab.settled();
    const seen = () => ({ changes: lab.changesAtFrr(), roles: lab.rolesOfKeepalived() });
    const before = seen();
    const bundle = join(dirname(lab.facts.console), 'spin-1.0.0.cjs');
    writeFileSync(bundle, SPINNING);
    await lab.data(`add SPIN ${bundle} confirm 120s`);
    await lab.data('confirm');
    const sent = async () =>
      new Map((await lab.monitors()).map(({ protocol, sources }) => [protocol, sources[0]?.packets ?? 0]));
    const first = await sent();
    inside(lab.facts, 'router', ['ip', 'link', 'add', TRIGGER, 'type', 'veth', 'peer', 'name', 'spin1']);
    const modules = () => lab.data<ModuleView[]>('show modules');
    const cut = await eventuallyAsync('it is out of service', 120_000, async () =>
      (await modules()).find(({ name, service }) => name === 'SPIN' && service === 'disabled'),
    );
    t.match(cut.reason, /cut kept the event loop from all others/);
    t.ok(cut.interrupted >= 10, `it was cut ${cut.interrupted} times`);
    t.strictSame(seen(), before, 'no neighbour state change at FRR, no role change at keepalived');
    // How long a cut takes by the clock is the machine's; that nobody missed a packet is the neighbours' to say.
    for (const [protocol, packets] of await sent())
      t.ok(packets > first.get(protocol)!, `${protocol} was sent meanwhile`);
    for (const other of (await modules()).filter(({ name }) => name !== 'SPIN'))
      t.match(other, { service: 'service', errors: 0, interrupted: 0 }, other.name);
    t.match(await lab.exec('remove SPIN'), { ok: true });
    t.strictSame(seen(), before);
  },
);
