/** A datum that arrives on a port is handled when nothing else is being handled, however its driver delivers. */
import t, { type Test } from 'tap';
import type { Port } from '../../runtime/index.ts';
import { turns, Workshop } from './workshop.ts';

/** A wire whose other end hears what is sent before the sending is over. */
class Shortcut implements Port<unknown, unknown> {
  #receive: (datum: unknown) => void = () => {};
  other: Shortcut | undefined;

  open(receive: (datum: unknown) => void): void {
    this.#receive = receive;
  }

  send(datum: unknown): 'sent' {
    this.other?.deliver(datum);
    return 'sent';
  }

  deliver(datum: unknown): void {
    this.#receive(datum);
  }

  close(): void {}
}

function joined(t: Test): {
  shop: Workshop;
  ports: [Shortcut, Shortcut];
  seen: string[];
} {
  // A throw-away instance would tell as well.
  const shop = new Workshop(t, { warmUp: false });
  const seen: string[] = [];
  Object.assign(globalThis, { arrivalTest: (what: string) => seen.push(what) });
  t.teardown(() => Reflect.deleteProperty(globalThis, 'arrivalTest'));
  return { shop, ports: [new Shortcut(), new Shortcut()], seen };
}

/** Passes a number on that counts down, and tells when it begins and ends to handle one. */
const source = (name: string) => ({
  name,
  version: '1.0.0',
  manifest: "ports: ['wire']",
  methods: `onWire({ key, datum }) {
      globalThis.arrivalTest('${name} ' + datum + ' begins');
      if (datum > 0) this.ctx.transmit('wire', key, datum - 1);
      globalThis.arrivalTest('${name} ' + datum + ' ends');
    }`,
});

t.test(
  'a driver that delivers while it is sent to enters no handler before the sender is done',
  async (t) => {
    const { shop, ports, seen } = joined(t);
    const [a, b] = ports;
    a.other = b;
    b.other = a;
    for (const name of ['A', 'B']) await shop.add(name, shop.bundle(source(name)));
    shop.runtime.attach('A', 'wire', 'w', a);
    shop.runtime.attach('B', 'wire', 'w', b);
    a.deliver(3);
    await turns(10);
    t.strictSame(
      seen,
      ['A 3', 'B 2', 'A 1', 'B 0'].flatMap((what) => [`${what} begins`, `${what} ends`]),
    );
    t.strictSame(
      shop.runtime.queues().map(({ waiting, dropped }) => ({ waiting, dropped })),
      [
        { waiting: 0, dropped: 0 },
        { waiting: 0, dropped: 0 },
      ],
    );
  },
);

t.test('packets for a module beside a running transaction are handled once, in order', async (t) => {
  const { shop, ports, seen } = joined(t);
  const [wire] = ports;
  shop.bundle(source('A'));
  shop.bundle({ name: 'SLOW', version: '1.0.0', methods: "isQuiescent() { return 'not yet'; }" });
  shop.bundle({ name: 'SLOW', version: '1.1.0' });
  await shop.add('A', 'a@1.0.0');
  await shop.add('SLOW', 'slow@1.0.0');
  shop.runtime.attach('A', 'wire', 'w', wire);
  shop.runtime.preparation = 50;
  const aborted = shop.replace('SLOW', 'slow@1.1.0');
  for (let i = 0; i < 20; i++) {
    wire.deliver(-i - 1);
    await turns(1);
  }
  t.equal((await aborted).outcome, 'aborted');
  await turns(5);
  t.strictSame(seen, Array.from({ length: 20 }, (_, i) => [`A ${-i - 1} begins`, `A ${-i - 1} ends`]).flat());
});
