import t from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import { LASTING_MS, LINE_EVERY_MS, LINES_AT_ONCE, StatusLines } from '../../firmware/host/status-lines.ts';
import { Interfaces, MADE_WITHIN_MS } from '../../firmware/router/interfaces.ts';
import { reader } from '../config/read.ts';

/** A clock that stands still until it is moved. */
class TestClock {
  time = 0;
  #due: { at: number; act: () => void }[] = [];
  now = () => this.time;
  after = (ms: number, act: () => void) => {
    const entry = { at: this.time + ms, act };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  };
  pass(ms: number): void {
    this.time += ms;
    const due = this.#due.filter(({ at }) => at <= this.time);
    this.#due = this.#due.filter(({ at }) => at > this.time);
    for (const { act } of due) act();
  }
}

function lines() {
  const clock = new TestClock();
  const told: string[] = [];
  return { clock, told, status: new StatusLines((_level, text) => told.push(text), clock) };
}

t.test('what changes each second has a few lines at once, and then one now and then', async (t) => {
  const { clock, told, status } = lines();
  for (let second = 0; second < 600; second++) {
    status.tell('info', second % 2 === 0 ? 'comes' : 'goes');
    clock.pass(1000);
  }
  t.equal(told.length, LINES_AT_ONCE + 600_000 / LINE_EVERY_MS - 1);
  t.match(told.at(-1), /\(changes left out before: \d+\)$/);
});

t.test('a state that lasts is told in the end, whatever was left out before', async (t) => {
  const { clock, told, status } = lines();
  for (let i = 0; i < 20; i++) status.tell('info', `change ${i}`);
  t.equal(told.length, LINES_AT_ONCE);
  clock.pass(LASTING_MS - 1);
  t.equal(told.length, LINES_AT_ONCE);
  clock.pass(1);
  t.equal(told.at(-1), `change 19 (changes left out before: ${20 - LINES_AT_ONCE - 1})`);
  clock.pass(10 * LASTING_MS);
  t.equal(told.length, LINES_AT_ONCE + 1, 'once');
});

t.test('a line that is to spare takes the place of one that waits', async (t) => {
  const { clock, told, status } = lines();
  for (let i = 0; i <= LINES_AT_ONCE; i++) status.tell('info', 'comes');
  clock.time += LINE_EVERY_MS;
  status.tell('info', 'goes');
  clock.pass(10 * LASTING_MS);
  t.equal(told.at(-1), 'goes (changes left out before: 1)');
  t.equal(told.length, LINES_AT_ONCE + 1);
});

t.test('when it is closed nothing is told any more', async (t) => {
  const { clock, told, status } = lines();
  for (let i = 0; i < 20; i++) status.tell('info', 'comes');
  status.close();
  clock.pass(10 * LASTING_MS);
  t.equal(told.length, LINES_AT_ONCE);
});

t.test(
  'an interface that is made and removed without end fills no log; another one is told of',
  async (t) => {
    const config = await reader(t).parse('ip: { interfaces: { wan0: {}, lan0: {} } }');
    const told: string[] = [];
    const interfaces = new Interfaces(config, (_level, text) => told.push(text));
    const link = { name: 'wan0', up: true, mtu: 1500, mac: '', addresses: [], forwarding: false };
    let was: LinkState | undefined;
    for (let index = 1; index <= 500; index++) {
      const there: LinkState = { ...link, index };
      interfaces.changed(there, was);
      was = { ...link, index: 0 };
      interfaces.changed(was, there);
    }
    t.ok(told.length <= 2 * LINES_AT_ONCE, `${told.length} lines`);
    t.match(told[0], /wan0 is there/);
    told.length = 0;
    interfaces.changed({ ...link, name: 'lan0', index: 7 }, undefined);
    t.match(told.join('\n'), /lan0 is there/);
  },
);

t.test('an interface that a module makes while another uses it is not told as lacking', async (t) => {
  const config = await reader(t).parse('interfaces: { wan0: {} }');
  const told: string[] = [];
  const clock = new TestClock();
  const give = async () => {};
  const interfaces = new Interfaces(config, (_level, text) => told.push(text), give, clock);
  const link = { up: true, mtu: 1500, mac: '', addresses: [], forwarding: true };
  interfaces.used('vrrp4-1', "VRRP's port a", ['wan0']);
  interfaces.used('wan7', "VRRP's port b", ['wan0']);
  clock.pass(MADE_WITHIN_MS - 1);
  interfaces.changed({ ...link, name: 'vrrp4-1', index: 5 }, undefined);
  clock.pass(1);
  t.equal(told.length, 1);
  t.match(told[0], /VRRP's port b: this host has no interface wan7 yet/);
  interfaces.changed({ ...link, name: 'wan7', index: 6 }, undefined);
  t.equal(told[1], 'interface wan7 is there: it is served from now on');
  interfaces.changed({ ...link, name: 'vrrp4-1', index: 0 }, { ...link, name: 'vrrp4-1', index: 5 });
  t.match(told[2], /vrrp4-1 is gone/);
});

t.test('that interfaces cannot be read is told, and that they can be again', async (t) => {
  const config = await reader(t).parse('ip: { interfaces: { wan0: {} } }');
  const told: string[] = [];
  const interfaces = new Interfaces(config, (level, text) => told.push(`${level} ${text}`));
  interfaces.troubled('no socket');
  interfaces.troubled(undefined);
  t.match(told, [/^error interfaces of this host cannot be read, .* no socket$/, /^info .* read again$/]);
});
