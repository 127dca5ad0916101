import t from 'tap';
import type { LinkState } from '../../drivers/links.ts';
import { type LinkedPort, PortProvider } from '../../firmware/router/port-provider.ts';
import type { Port } from '../../runtime/index.ts';
import { reader } from '../config/read.ts';

const CONFIG = await reader(t).parse(
  `router: { id: 1.1.1.1 }
ospf: { interfaces: { a: , b: } }
vrrp:
  - { interface: a, group: 1, addresses: [10.0.0.9] }
  - { interface: a, group: 2, addresses: [10.0.0.8] }`,
);

/** A driver that writes down what is done to it. */
class Driver implements LinkedPort {
  readonly done: string[] = [];
  readonly name: string;
  fails = false;
  failure = '';
  readonly counters = { received: 3 };
  constructor(name: string) {
    this.name = name;
  }
  open(): void {
    if (this.fails) throw new Error('no permission');
    this.done.push('open');
  }
  send(datum: unknown) {
    this.done.push(`send ${datum}`);
    return 'sent' as const;
  }
  close(): void {
    this.done.push('close');
  }
  relink({ name, up }: LinkState): void {
    this.done.push(`${name} ${up ? 'up' : 'down'}`);
  }
}

function link(name: string, up: boolean): LinkState {
  return { name, index: 1, up, mtu: 1500, mac: '', addresses: [] };
}

function provider() {
  const drivers: Driver[] = [];
  const ports = new PortProvider(CONFIG, (options) => {
    const driver = new Driver(`${options.interface} ${options.protocol}`);
    drivers.push(driver);
    return driver;
  });
  return { ports, drivers };
}

function portOfVrrp(ports: PortProvider): Port {
  return [...ports.of('VRRP', 'vrrp')][0]![1];
}

t.test('a module gets a port on each interface that the configuration gives it, and no other', async (t) => {
  const { ports, drivers } = provider();
  t.same(
    [...ports.of('OSPF', 'ospf')].map(([key]) => key),
    ['a', 'b'],
  );
  t.same(
    [...ports.of('VRRP', 'vrrp')].map(([key]) => key),
    ['a'],
    'two groups share a port',
  );
  t.same(
    drivers.map(({ name }) => name),
    ['a 89', 'b 89', 'a 112'],
  );
  t.same([...ports.of('IP', 'icmp')], [], 'there is no section for it');
  t.same([...ports.of('OSPF', 'vrrp')], []);
  t.same([...ports.of('CHAT', 'icmp')], []);
  t.equal(ports.open, 0);
});

t.test('a port knows its link from its opening to its closing, as it is then', async (t) => {
  const { ports, drivers } = provider();
  ports.relink(link('a', true));
  const port = portOfVrrp(ports);
  ports.relink(link('a', false));
  port.open(() => {});
  ports.relink(link('a', true));
  ports.relink(link('b', true));
  t.equal(port.send('x'), 'sent');
  t.equal(ports.open, 1);
  port.close();
  ports.relink(link('a', false));
  t.same(drivers[0]?.done, ['a down', 'open', 'a up', 'b up', 'send x', 'close']);
  t.equal(ports.open, 0);

  const later = portOfVrrp(ports);
  later.open(() => {});
  t.same(drivers[1]?.done, ['a down', 'open'], 'one that is added later starts with what is so by then');
});

t.test('what a driver says of its failures and counts reaches who has the port', async (t) => {
  const { ports, drivers } = provider();
  const port = portOfVrrp(ports);
  t.equal(port.failure, '');
  drivers[0]!.failure = 'Operation not permitted';
  t.equal(port.failure, 'Operation not permitted');
  t.same(port.counters, { received: 3 });
});

t.test('a port that cannot be opened is not followed', async (t) => {
  const { ports, drivers } = provider();
  ports.relink(link('a', true));
  const port = portOfVrrp(ports);
  drivers[0]!.fails = true;
  t.throws(() => port.open(() => {}), /no permission/);
  t.equal(ports.open, 0);
  ports.relink(link('a', false));
  t.same(drivers[0]?.done, ['a up']);
});
