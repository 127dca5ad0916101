/** `debug ospf` beside FRR: what it shows is what tcpdump sees, on a terminal, in a pipe and as JSON, also over a swap. */
import { type ChildProcess, spawn } from 'node:child_process';
import t, { type Test } from 'tap';
import { Pty } from '../console/fixtures/pty.ts';
import { eventually } from '../lab/lab-under-test.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { HITLESS } from '../router/router-lab.ts';
import { frrLink, frrRouter, LINK, TIMERS } from './lines.ts';
import { OspfPlace, SOURCES } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;
const NEXT = '3.0.901';

/** A program's output as it comes. */
class Output {
  text = '';
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;

  constructor(t: Test, child: ChildProcess) {
    this.child = child;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
    });
    this.ended = new Promise((resolve) => child.on('close', resolve));
    t.teardown(() => child.kill('SIGKILL'));
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  /** Waits until a line is so. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(`${pattern}`, PATIENCE, () => pattern.test(this.text) || undefined);
  }
}

interface Row {
  direction?: string;
  type?: string;
  from?: string;
  lsas?: { advertisingRouter: string; sequence: string }[];
  version?: string;
}

/** Rows of a program that follows with `--json`. */
const rowsOf = ({ lines }: Output) => lines.map((line) => JSON.parse(line) as Row);

/** `10.1.0.2 0x80000003` of each LSA of Updates from an address, as tcpdump has them. */
function updatesIn(text: string, from: string): Set<string> {
  const packets = text.split(/\n(?=\S)/).filter((packet) => packet.includes('LS-Update'));
  const own = packets.filter((packet) => new RegExp(`\\b${from.replaceAll('.', '\\.')} > `).test(packet));
  return new Set(
    own.flatMap((packet) =>
      [...packet.matchAll(/Advertising Router ([\d.]+), seq (0x[\da-f]+)/g)].map(
        ([, router, sequence]) => `${router} ${sequence}`,
      ),
    ),
  );
}

/** As above, of rows. */
function updatesOf(json: Output, from: string): Set<string> {
  const updates = rowsOf(json).filter((row) => row.type === 'LS-Update' && row.from === from);
  return new Set(
    updates.flatMap(({ lsas = [] }) => lsas.map((lsa) => `${lsa.advertisingRouter} ${lsa.sequence}`)),
  );
}

/** A router and FRR that come to Full, while tcpdump, a program and a person look. */
async function scene(t: Test) {
  const place = await OspfPlace.make(t);
  await place.bundle('ospf', NEXT);
  const peer = place.peer('frr');
  NetworkNamespace.join([place.router, 'lan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
  peer.ip('address', 'add', '10.1.0.2/32', 'dev', 'lo');
  await place.start({
    id: '10.1.0.1',
    ip: { interfaces: { lan0: {} } },
    ospf: { timers: TIMERS, interfaces: { lan0: { ...LINK, 'dead-interval': '10s' } } },
  });
  const environment = { env: { ...process.env, HITLESS_CONSOLE: place.socket } };
  const exec = (...words: string[]) =>
    new Output(t, spawn(process.execPath, [HITLESS, 'exec', ...words], environment));
  const dump = new Output(t, place.router.spawn(['tcpdump', '-n', '-l', '-v', '-i', 'lan0', 'proto', '89']));
  await dump.says(/ > 224\.0\.0\.5: /);
  const json = exec('--json', 'debug ospf packet lan0');
  const pty = new Pty(t, 200, [process.execPath, HITLESS, 'console', place.socket]);
  await pty.until('the prompt', (screen) => screen.seen.at(-1) === 'hitless>');
  pty.type('debug ospf\r');
  await json.says(/"direction":"sent"/);
  await pty.until('our Hello', (_screen, output) =>
    / sent on lan0: 10\.9\.0\.1 > 224\.0\.0\.5: Hello/.test(output),
  );
  const wide = ' ip ospf network broadcast\n ip ospf dead-interval 10';
  await place.frr(t, peer, frrLink('eth0', '0.0.0.0', wide) + frrRouter('10.1.0.2', '0.0.0.0'));
  await place.comesTo('10.1.0.2', 'Full');
  return { place, environment, exec, dump, json, pty };
}

type Scene = Awaited<ReturnType<typeof scene>>;

async function fieldsAreThoseOfTcpdump(t: Test, { dump, json }: Scene): Promise<void> {
  await eventually("FRR's Updates are there", PATIENCE, () => {
    const [seen, shown] = [updatesIn(dump.text, '10.9.0.2'), updatesOf(json, '10.9.0.2')];
    return (shown.size > 0 && seen.size > 0 && [...seen].every((each) => shown.has(each))) || undefined;
  });
  const rows = rowsOf(json);
  t.match(
    rows.find(({ type, from }) => type === 'Hello' && from === '10.9.0.2'),
    {
      ...{ direction: 'received', interface: 'lan0', to: '224.0.0.5', router: '10.1.0.2', area: '0.0.0.0' },
      ...{ mask: '255.255.255.0', helloInterval: 1, deadInterval: 10, priority: 1, authentication: 'none' },
    },
  );
  t.match(dump.text, /Hello Timer 1s, Dead Timer 10s, Mask 255\.255\.255\.0, Priority 1/);
  for (const type of ['Hello', 'Database Description', 'LS-Request', 'LS-Update', 'LS-Ack'])
    await eventually(
      `received ${type}`,
      PATIENCE,
      () => rowsOf(json).some((row) => row.type === type && row.direction === 'received') || undefined,
    );
}

async function aPersonSeesEvents({ pty }: Scene): Promise<void> {
  for (const text of [
    / neighbour 10\.1\.0\.2 on lan0 \(10\.9\.0\.2\): (Exchange|Loading) -> Full \(/,
    / received from 10\.9\.0\.2 on lan0: Router LSA, id 10\.1\.0\.2, router 10\.1\.0\.2, sequence 0x8/,
    / originated: Router LSA, id 10\.1\.0\.1, /,
    / computed in [\d.]+ ms and /,
  ])
    await pty.until(String(text), (_screen, output) => text.test(output));
  pty.type('\u0003');
  await pty.until(
    'it ended',
    (screen, output) => screen.seen.at(-1) === 'hitless>' && /\(\d+ shown\)/.test(output),
  );
}

async function itGoesOnOverASwap(t: Test, { place, exec, json }: Scene): Promise<void> {
  const still = exec('debug ospf');
  await still.says(/Hello/);
  still.child.kill('SIGSTOP');
  await place.run(`replace OSPF ospf@${NEXT}`);
  await json.says(new RegExp(`"version":"${NEXT.replaceAll('.', '\\.')}"`));
  const before = json.lines.length;
  await eventually('rows of the new version', PATIENCE, () => json.lines.length > before + 2 || undefined);
  await place.run(`replace OSPF ospf@${SOURCES}`);
  still.child.kill('SIGCONT');
  still.child.kill('SIGINT');
  await still.ended;
  t.match(await place.neighbors(), [{ routerId: '10.1.0.2', state: 'Full' }]);
}

async function itEndsWithItsReader(t: Test, { environment, exec }: Scene): Promise<void> {
  const command = `'${process.execPath}' '${HITLESS}' exec 'debug ospf packet | include hello' | head -n 3`;
  const piped = new Output(t, spawn('sh', ['-c', command], environment));
  t.equal(await piped.ended, 0);
  t.equal(piped.lines.length, 3);
  const limited = exec('debug ospf packet lan0 for 3s | include Hello');
  t.equal(await limited.ended, 0);
  t.match(limited.text, / received on lan0: 10\.9\.0\.2 > 224\.0\.0\.5: Hello, /);
  t.match(limited.lines.at(-1), /^\(\d+ shown\)$/);
  t.equal(await exec('debug ospf hello').ended, 1);
}

t.test('debug ospf beside FRR, on every way', { skip }, async (t) => {
  const around = await scene(t);
  await t.test('fields are those of tcpdump', (t) => fieldsAreThoseOfTcpdump(t, around));
  await t.test('a person sees events in between, until Ctrl-C', () => aPersonSeesEvents(around));
  await t.test('it goes on over a swap, and a reader that stands still holds nobody', (t) =>
    itGoesOnOverASwap(t, around),
  );
  await t.test('in a pipe it ends with its reader, and with its time', (t) => itEndsWithItsReader(t, around));
});
