import { spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { MonitorReport } from '../../firmware/console/monitor-report.ts';
import { reader } from '../config/read.ts';
import { eventually, inside, LabUnderTest, labUnavailable, readyLab } from './lab-under-test.ts';
import { advertisement, heartbeat, hello } from './packets.ts';
import type { Step } from './stand-in.ts';

const skip = labUnavailable();

function reportsOf(lab: LabUnderTest): Record<string, MonitorReport> {
  const line = lab.lines().find(({ kind }) => kind === 'reports');
  return (line?.reports ?? {}) as Record<string, MonitorReport>;
}

const send = (what: {
  from: string;
  to: string;
  protocol: number;
  packet: Buffer;
  count: number;
  every: number;
}): Step => {
  const { packet, ...rest } = what;
  return { do: 'send', hex: packet.toString('hex'), ...rest };
};

t.test('the router stands between two LANs with one neighbour on each', { skip }, async (t) => {
  const { facts } = await readyLab(t);
  const addresses = (name: string) =>
    inside(facts, name, ['ip', '-4', '-o', 'address'])
      .split('\n')
      .map((line) => line.trim().split(/ +/))
      .map(([, link, , address]) => `${link} ${address}`);
  t.same(facts.namespaces, ['router', 'left', 'right']);
  t.same(addresses('router'), ['lo 127.0.0.1/8', 'lan0 10.0.1.1/24', 'lan1 10.0.2.1/24']);
  t.same(addresses('left'), ['lo 127.0.0.1/8', 'eth0 10.0.1.2/24']);
  t.same(addresses('right'), ['lo 127.0.0.1/8', 'eth0 10.0.2.2/24']);
  t.equal(inside(facts, 'right', ['ip', '-6', 'address']), '', 'IPv6 is off');

  const server = ['-e', 'require("net").createServer((c) => c.end("from the right")).listen(7)'];
  const [program = '', ...args] = [...facts.enter, 'right', process.execPath, ...server];
  const right = spawn(program, args, { stdio: 'ignore' });
  t.teardown(() => right.kill('SIGKILL'));
  await eventually('the server listens', 5_000, () => inside(facts, 'right', ['ss', '-Hltn']) || undefined);
  const client = 'require("net").connect(7, "10.0.2.2").pipe(process.stdout)';
  t.equal(inside(facts, 'left', [process.execPath, '-e', client]), 'from the right', 'packets are forwarded');
});

t.test(
  'the router gets a configuration that it accepts, the script, and the lab has its exit code',
  { skip },
  async (t) => {
    const { lab } = await readyLab(t, {
      steps: [
        { do: 'wait', ms: 500 },
        { do: 'exit', code: 7 },
      ],
      timing: { period: 100, hello: 2, dead: 9, advert: 50 },
    });
    t.equal(await lab.ended, 7);
    const [router] = lab.lines();
    t.match(router, {
      kind: 'started',
      args: ['--config', /router\.yaml$/, '--lab', '--script', /script\.json$/],
    });
    const own = fileURLToPath(new URL('../../dist/lab', import.meta.url));
    const config = await reader(t, [own]).parse(String(router?.config), 'router.yaml');
    t.match(config, {
      router: { id: '10.0.1.1', bundles: [/dist\/lab$/], modules: { RELAY: 'relay@1.0.0' } },
      whole: {
        timer: { period: 100 },
        ip: { interfaces: { lan0: { interval: 100 }, lan1: { interval: 100 } } },
        ospf: { interfaces: { lan1: { 'hello-interval': 2_000, 'dead-interval': 9_000, priority: 0 } } },
        vrrp: [{ interface: 'lan0', group: 51, priority: 200, interval: 500, addresses: ['10.0.1.254'] }],
      },
      console: { socket: router?.environment },
    });
  },
);

t.test('a timing that the protocols cannot have is refused before anything is built', { skip }, async (t) => {
  for (const [timing, message] of [
    [{ hello: 1.5 }, /LAB_OPTIONS: timing\.hello is 1\.5, allowed is a whole number from 1/],
    [
      { advert: 25 },
      /LAB_OPTIONS: timing\.advert is 25, allowed is a multiple of the period, which is 1000 ms/,
    ],
    [{ dead: 1 }, /LAB_OPTIONS: timing\.dead is 1, allowed is a whole number from 2/],
  ] as const) {
    const lab = await LabUnderTest.start({ timing });
    t.teardown(() => lab.cleanup());
    t.equal(await lab.ended, 1);
    t.match(lab.stderr, message);
    t.same(lab.leftovers(), []);
  }
});

t.test(
  'each monitor counts the real packets of its protocol, and finds the one silence',
  { skip },
  async (t) => {
    const ip = {
      from: '10.0.1.1',
      to: '224.0.0.1',
      protocol: 1,
      packet: advertisement('10.0.1.1'),
      every: 1_000,
    };
    const vrrpPacket = heartbeat('10.0.1.1', 51, 200, 100, '10.0.1.254');
    const vrrp = { from: '10.0.1.1', to: '224.0.0.18', protocol: 112, packet: vrrpPacket, every: 1_000 };
    const ospf = { from: '10.0.2.1', to: '224.0.0.5', protocol: 89, packet: hello('10.0.1.1'), every: 1_000 };
    const { lab } = await readyLab(t, {
      steps: [
        {
          do: 'together',
          steps: [send({ ...vrrp, count: 8 }), send({ ...ospf, count: 8 }), send({ ...ip, count: 3 })],
        },
        // IP was silent for 5 s by now.
        send({ ...ip, count: 2 }),
        { do: 'reports' },
      ],
    });
    t.equal(await lab.ended, 0);
    const { IP, OSPF, VRRP } = reportsOf(lab);
    t.match(IP, { namespace: 'left', sources: [{ from: '10.0.1.1', packets: /^[45]$/, gaps: 1 }] });
    t.match(IP?.sources[0]?.last, /^router advertisement: 10\.0\.1\.1 /);
    const silence = IP?.sources[0]?.longest ?? 0;
    t.ok(silence > 4_500 && silence < 6_000, `the longest silence is ${silence} ms`);
    t.match(OSPF, {
      sources: [{ from: '10.0.2.1', packets: 8, gaps: 0, last: /^Hello of router 10\.0\.1\.1/ }],
    });
    t.equal(OSPF?.namespace, 'right');
    t.match(VRRP, { sources: [{ from: '10.0.1.1', packets: 8, gaps: 0, last: /priority 200, every 1 s/ }] });
    t.equal(VRRP?.namespace, 'left');

    const told = lab.lines().flatMap((line) => (line.kind === 'monitor-line' ? [String(line.text)] : []));
    t.ok(
      told.some((text) => /^IP monitor \(left\): nothing from 10\.0\.1\.1 for /.test(text)),
      'a silence is told while it lasts',
    );
    t.ok(
      told.some((text) => /^IP monitor \(left\): 10\.0\.1\.1 is back after /.test(text)),
      'and its end',
    );
    t.match(lab.stdout, /IP monitor \(left\): 5 packets from 10\.0\.1\.1, 1 gap, longest silence \d+ ms\n/);
  },
);

t.test('malformed packets are told and not counted', { skip }, async (t) => {
  const bad = advertisement('10.0.1.1');
  bad[3] = bad[3]! ^ 1;
  const wrong = { from: '10.0.1.1', to: '224.0.0.1', protocol: 1, count: 3, every: 20 };
  const foreign = { from: '10.0.1.1', to: '224.0.0.18', protocol: 112, count: 1, every: 20 };
  const { lab } = await readyLab(t, {
    steps: [
      send({ ...wrong, packet: bad }),
      send({ ...foreign, packet: Buffer.from([0x21, 51, 100, 1]) }),
      { do: 'wait', ms: 1_300 },
      { do: 'reports' },
    ],
  });
  await lab.ended;
  t.match(reportsOf(lab), { IP: { sources: [] }, VRRP: { sources: [] } });
  const told = lab.lines().flatMap((line) => (line.kind === 'monitor-line' ? [String(line.text)] : []));
  t.same(told, [
    'IP monitor (left): a packet from 10.0.1.1 has a wrong checksum',
    'VRRP monitor (left): a packet from 10.0.1.1 is VRRP version 2, type 1',
  ]);
});

t.test('the console socket is reached from outside of the lab', { skip }, async (t) => {
  const { facts } = await readyLab(t);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(facts.console);
    socket.once('data', (chunk) => resolve(chunk.toString('utf8')));
    socket.once('error', reject);
  });
  t.equal(answer, 'stand-in\n');
});

t.test('a second lab on the same named socket is refused and disturbs nothing', { skip }, async (t) => {
  const { lab, facts } = await readyLab(t);
  const env = { HITLESS_CONSOLE: facts.console };
  const second = await LabUnderTest.start({ chooseConsole: true, env });
  t.teardown(() => second.cleanup());
  t.equal(await second.ended, 1);
  t.match(second.stderr, `LAB_CONSOLE_IN_USE: another router answers on ${facts.console}`);
  t.same(second.leftovers(), []);
  t.ok(existsSync(facts.console), 'the first one keeps its socket');
  t.equal(lab.child.exitCode, null);
});

t.test(
  'a stale socket of a router that was killed is no hindrance, a file at its place is',
  { skip },
  async (t) => {
    const stale = `/tmp/hitless-stale-${process.pid}.sock`;
    t.teardown(() => rmSync(stale, { force: true }));
    const killed =
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    spawnSync(process.execPath, ['-e', killed, stale]);
    t.ok(lstatSync(stale).isSocket(), 'there is one');
    const env = { HITLESS_CONSOLE: stale };
    const { lab, facts } = await readyLab(t, { chooseConsole: true, env });
    t.equal(facts.console, stale);
    lab.signalJob('SIGTERM');
    await lab.ended;
    t.notOk(existsSync(stale), 'the lab removes it at its end');

    writeFileSync(stale, 'precious');
    const other = await LabUnderTest.start({ chooseConsole: true, env });
    t.teardown(() => other.cleanup());
    t.equal(await other.ended, 1);
    t.match(other.stderr, /LAB_OPTIONS: \S+ is there and is no socket/);
    t.equal(readFileSync(stale, 'utf8'), 'precious');
  },
);
