import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { FRR_NEEDS, KEEPALIVED_NEEDS, missing } from '../../firmware/host/needs.ts';
import type { LabFacts } from '../../firmware/lab/lab.ts';
import {
  commandOf,
  eventually,
  LabUnderTest,
  labUnavailable,
  processesWith,
  readyLab,
  type Start,
} from './lab-under-test.ts';
import { heartbeat, hello } from './packets.ts';
import type { Step } from './stand-in.ts';

const lacking = missing([...FRR_NEEDS, ...KEEPALIVED_NEEDS]);
const skip =
  labUnavailable() ||
  (lacking.length > 0 && `SKIPPED: not installed: ${JSON.stringify(lacking)}; run: hitless needs --tests`);

const withPeers = (t: Test, options: Start = {}) => readyLab(t, { peers: true, ...options });

function ask(facts: LabFacts, command: string): Record<string, unknown> {
  return JSON.parse(
    execFileSync('vtysh', ['--vty_socket', facts.vty ?? '', '-c', `${command} json`], { encoding: 'utf8' }),
  );
}

const sendEvery = (
  from: string,
  to: string,
  protocol: number,
  packet: Buffer,
  count: number,
  every: number,
): Step => {
  return { do: 'send', from, to, protocol, hex: packet.toString('hex'), count, every };
};

t.test('FRR and keepalived run beside the router, and are gone after it', { skip }, async (t) => {
  const { lab, facts } = await withPeers(t);
  const running = () => processesWith(lab.mark).map((pid) => commandOf(pid).split(' ', 1)[0] ?? '');
  for (const name of ['zebra', 'ospfd', 'keepalived'])
    t.ok(
      running().some((path) => path.endsWith(name)),
      name,
    );
  t.match(ask(facts, 'show ip ospf interface'), {
    interfaces: {
      eth0: { ospfEnabled: true, priority: 0, timerMsecs: 1_000, timerDeadSecs: 4, ipAddress: '10.0.2.2' },
    },
  });
  t.match(readFileSync(facts.logs.keepalived ?? '', 'utf8'), /Entering BACKUP STATE/);
  t.notMatch(
    readFileSync(facts.logs.keepalived ?? '', 'utf8'),
    /FAULT/,
    'its interface was up before it was started',
  );
  lab.signalJob('SIGINT');
  t.equal(await lab.ended, 130);
  t.same(await lab.leftoversAtRest(), []);
});

t.test('the peers take the packets of a router for those of a neighbour', { skip }, async (t) => {
  const { lab, facts } = await withPeers(t, {
    steps: [
      {
        do: 'together',
        steps: [
          sendEvery('10.0.2.1', '224.0.0.5', 89, hello('10.0.1.1', ['10.0.2.2']), 8, 1_000),
          sendEvery(
            '10.0.1.1',
            '224.0.0.18',
            112,
            heartbeat('10.0.1.1', 51, 200, 100, '10.0.1.254'),
            8,
            1_000,
          ),
        ],
      },
    ],
  });
  await eventually(
    'FRR sees the neighbor in 2-Way',
    8_000,
    () => JSON.stringify(ask(facts, 'show ip ospf neighbor')).includes('2-Way') || undefined,
  );
  t.match(ask(facts, 'show ip ospf neighbor'), {
    neighbors: { '10.0.1.1': [{ nbrState: /^2-Way/, ifaceAddress: '10.0.2.1' }] },
  });
  const log = () => readFileSync(facts.logs.keepalived ?? '', 'utf8');
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  t.notMatch(log(), /Entering MASTER STATE/, 'keepalived stays a backup while it hears the router');
  await lab.ended;
  t.same(await lab.leftoversAtRest(), []);
});

t.test('keepalived takes over when the router falls silent, and the monitor sees it', { skip }, async (t) => {
  const packet = heartbeat('10.0.1.1', 51, 200, 50, '10.0.1.254');
  const { lab, facts } = await withPeers(t, {
    timing: { period: 500, advert: 50 },
    steps: [sendEvery('10.0.1.1', '224.0.0.18', 112, packet, 5, 500), { do: 'forever' }],
  });
  const log = () => readFileSync(facts.logs.keepalived ?? '', 'utf8');
  await eventually('keepalived is master', 15_000, () => /Entering MASTER STATE/.test(log()) || undefined);
  await eventually(
    'the silence is told',
    3_000,
    () => lab.stdout.includes('VRRP monitor (left): nothing from 10.0.1.1') || undefined,
  );
  lab.child.kill('SIGKILL');
  await lab.ended;
  t.same(await lab.leftoversAtRest(), [], 'kill -9 ends the peers as well');
});

t.test('a peer that cannot start is named, with the end of its log', { skip }, async (t) => {
  const directory = mkdtempSync('/tmp/hitless-peer-');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  writeFileSync(join(directory, 'keepalived'), '#!/bin/sh\necho this keepalived is broken\nexit 3\n', {
    mode: 0o755,
  });
  const lab = await LabUnderTest.start({ peers: true, env: { PATH: `${directory}:${process.env.PATH}` } });
  t.teardown(() => lab.cleanup());
  t.equal(await lab.ended, 1);
  t.match(
    lab.stderr,
    /LAB_PEER: keepalived ended before it was ready\. The end of its log:\n {2}this keepalived is broken/,
  );
  t.same(await lab.leftoversAtRest(), []);
});
