/** Ports on the kernel's tables: by the kind alone, and with a module of its own in a router. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { KernelTablesOptions } from '../../drivers/kernel-tables.ts';
import { type KernelDriver, KernelPorts } from '../../firmware/router/kernel-kind.ts';
import type { Port } from '../../runtime/index.ts';
import { NetworkNamespace } from '../netns.ts';
import { running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 20_000;

const KERNEL = { kind: 'kernel' };

t.test(
  'a declaration has nothing else, the settings say whether neighbours are told, the key is empty',
  async (t) => {
    const { kind } = new KernelPorts(() => t.fail('it opens nothing') as never);
    t.equal(kind.check?.(KERNEL, undefined), undefined);
    t.equal(kind.check?.(KERNEL, {}), undefined);
    t.equal(kind.check?.(KERNEL, { neighbors: true }), undefined);
    t.match(kind.check?.({ ...KERNEL, table: 254 }, undefined), /no "table"/);
    t.match(
      kind.check?.(KERNEL, { neighbours: true }),
      /no setting "neighbours"; there are neighbors and closed/,
    );
    t.equal(kind.check?.(KERNEL, { neighbors: true, closed: true }), undefined);
    t.match(kind.check?.(KERNEL, { neighbors: 'yes' }), /must be true or false, not "yes"/);
    t.match(kind.check?.(KERNEL, [true]), /an object such as/);
    const request = { module: 'ip', port: 'kernel', declaration: KERNEL, settings: undefined };
    t.throws(() => kind.make({ ...request, key: 'eth0' }), /has no key/);
  },
);

t.test('where netlink cannot be had, the probe says so', async (t) => {
  const missing = Object.assign(new Error('the addon is not compiled'), { code: 'NETLINK_MISSING' });
  const { kind } = new KernelPorts(undefined, () => {
    throw missing;
  });
  t.throws(() => kind.probe?.(KERNEL), missing);
  t.doesNotThrow(() => new KernelPorts().kind.probe?.(KERNEL), 'here it can');
});

/** A port whose work after the closing ends when the test says so. */
function worker() {
  let end = () => {};
  const finished = new Promise<void>((resolve) => {
    end = resolve;
  });
  const driver: KernelDriver = {
    open() {},
    send: () => 'sent',
    close() {},
    finished,
    get left() {
      return 7;
    },
  };
  return { driver, end };
}

t.test(
  'a port begins when the work of the one before it has ended, which the end of the program waits for',
  async (t) => {
    const workers = [worker(), worker()];
    const given: KernelTablesOptions[] = [];
    const ports = new KernelPorts((options) => {
      given.push(options);
      return workers[given.length - 1]!.driver;
    });
    const make = (): Port =>
      ports.kind.make({
        module: 'ip',
        port: 'kernel',
        key: '',
        declaration: KERNEL,
        settings: { neighbors: true },
      });
    t.equal(await ports.settled(10_000), 0, 'there is none');
    make().close();
    make();
    t.match(given[1], { neighbors: true });
    let begun = false;
    void given[1]?.after?.then(() => {
      begun = true;
    });
    t.equal(await ports.settled(20), 7, 'so many are left when it waits no longer');
    t.equal(begun, false);
    const settled = ports.settled(60_000);
    workers[0]!.end();
    t.equal(await settled, 0);
    t.equal(begun, true);
  },
);

/** Installs an own route when it has a list; when it stops, many. */
function tables(version: string): string {
  return `const { Module } = require('hitless/runtime');
const blackhole = (destination) => ({ verb: 'replace', kind: 'route',
  wanted: { destination, prefixLength: 32, protocol: 72, metric: 72, type: 'blackhole' } });
exports.manifest = { api: 2, name: 'TABLES', version: '${version}', accepts: {}, subscribes: {}, timers: [],
  ports: { kernel: { kind: 'kernel' } }, state: { version: 1 } };
exports.default = class extends Module {
  initial() { return { session: '', last: 0, links: [], request: 0 }; }
  start() { this.ctx.openPort('kernel', ''); }
  onKernel({ datum }) {
    const { state, ctx } = this;
    if (datum.session !== state.session) ctx.log('info', 'a new session');
    else if (datum.number !== state.last + 1) ctx.log('error', 'a gap behind ' + state.last);
    state.session = datum.session;
    state.last = datum.number;
    ctx.transmit('kernel', '', { do: 'taken', number: datum.number });
    if (datum.of === 'rows')
      for (const { kind, row } of datum.rows)
        if (kind === 'link') ctx.log('info', ctx.version + ' has ' + row.name + ' of ' + row.mtu);
    if (datum.of === 'list' && datum.at === 'end')
      ctx.transmit('kernel', '', { do: 'change', request: ++state.request, changes: [blackhole('203.0.113.1')] });
    if (datum.of === 'done') ctx.log('info', 'done ' + datum.request + ' with ' + datum.refusals.length);
  }
  stop() {
    for (let r = 0; r < 100; r++) {
      const changes = Array.from({ length: 256 }, (_, i) => blackhole('40.0.' + r + '.' + i));
      this.ctx.transmit('kernel', '', { do: 'change', request: ++this.state.request, changes, leaving: true });
    }
  }
};
`;
}

async function place(t: Test) {
  const at: Stage = stage(t);
  for (const version of ['1.0.0', '1.1.0'])
    writeFileSync(join(at.directory, `tables-${version}.cjs`), tables(version));
  // Without IP, which takes away own routes that it does not know.
  const config = `router: { id: 10.9.0.1, bundles: [${at.directory}] }\ntimer: {}\n`;
  const { child, output } = await running(t, at, config);
  const says = (what: RegExp) => eventuallyAsync(`${what}`, PATIENCE, async () => what.test(output()));
  const own = () => at.router.exec(['sh', '-c', 'ip route show proto 72 | wc -l']).trim();
  return { ...at, child, output, says, own, exec: (command: string) => execAt(at.socket, command) };
}

t.test(
  'a module has the tables, over a swap, and its last changes are carried out before the program ends',
  { skip },
  async (t) => {
    const { child, exec, output, says, own, router } = await place(t);
    t.match(await exec('add TABLES tables@1.0.0'), { ok: true });
    await says(/1\.0\.0 has wan0 of 1500/);
    await says(/done 1 with 0/);
    t.equal(own(), '1');
    t.match(await exec('replace TABLES tables@1.1.0'), { ok: true });
    router.ip('link', 'set', 'wan0', 'mtu', '1400');
    await says(/1\.1\.0 has wan0 of 1400/);
    t.equal(output().match(/a new session/g)?.length, 1, 'the port is the same');
    t.notMatch(output(), /a gap behind/);
    const shown = (await exec('show ports')).data as { module: string }[];
    t.match(
      shown.filter(({ module }) => module === 'TABLES'),
      [{ kind: 'kernel', key: '', counters: { requests: 1, changes: 1, lists: 1 } }],
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    t.equal(await ended, 0);
    t.equal(own(), String(1 + 100 * 256), 'what its stop handed over');
  },
);
