/** Links with many addresses: what others are told of them, and the connected prefixes that follow from them. */
import t from 'tap';
import type { KernelRow } from '../../drivers/kernel-tables.ts';
import Ip, { manifest } from '../../firmware/modules/ip/module.ts';
import { AdvertisingRouter, address, configOf, INDEX, link, router } from './ip-router6.ts';

const LINK = [link()];
const ADDRESSES = Array.from({ length: 1024 }, (_, i) => `fd00:${(i >> 1).toString(16)}::${(i % 2) + 1}/64`);

t.test(
  'a thousand addresses of one link are told once for each datum that brings or takes some',
  async (t) => {
    const ip = router(undefined, LINK);
    const told = () => {
      const bodies = ip.ctx.published.splice(0).filter(({ event }) => event === 'links');
      return bodies.map(({ body }) => (body as { addresses: unknown[] }).addresses.length);
    };
    told();
    for (const some of [0, 256, 512, 768])
      ip.rows(...ADDRESSES.slice(some, some + 256).map((text) => address(text)));
    t.same(told(), [256, 512, 768, 1024]);
    ip.rows(...ADDRESSES.slice(0, 256).map((text) => address(text, { gone: true })));
    t.same(told(), [768]);
  },
);

t.test('a network is connected as long as one address of it makes a route', async (t) => {
  const ip = router(undefined, LINK);
  const NO_PREFIX_ROUTE = 0x200;
  const connected = () => [...ip.state.rib.keys()];
  ip.rows(address('fd00:5::1/64'), address('fd00:5::2/64'));
  t.same(connected(), ['254 fd00:5::/64']);
  ip.rows(address('fd00:5::1/64', { gone: true }));
  t.same(connected(), ['254 fd00:5::/64']);
  ip.rows(address('fd00:5::2/64', { flags: NO_PREFIX_ROUTE }));
  t.same(connected(), [], 'it is told again, and makes none now');
  ip.rows(address('fd00:5::2/64'));
  t.same(connected(), ['254 fd00:5::/64']);
  ip.rows(address('fd00:5::2/64', { gone: true }));
  t.same(connected(), []);
});

t.test(
  'the speed of a link is that of the configuration, or its driver’s, and told when it is another',
  async (t) => {
    const ip = router(undefined, LINK);
    const told = () => {
      const bodies = ip.ctx.published.splice(0).filter(({ event }) => event === 'links');
      return bodies.map(({ body }) => (body as { speed?: number }).speed);
    };
    const at = (speed: number) => {
      const { row } = link() as { row: object };
      ip.rows({ kind: 'link', row: { ...row, speed } } as KernelRow);
    };
    t.same(told(), [undefined]);
    at(1_000);
    at(1_000);
    t.same(told(), [1_000]);
    const configure = (bandwidth?: number) => {
      const config = configOf(null);
      const { r0 } = config.interfaces;
      ip.configure({
        ...config,
        interfaces: { r0: { ...r0!, ...(bandwidth !== undefined && { bandwidth }) } },
      });
    };
    configure(50);
    t.same(told(), [50]);
    at(10_000);
    t.same(told(), [], 'the configuration comes first');
    configure();
    t.same(told(), [10_000]);
    ip.configure({ ...configOf(null, ['r1']) });
    t.same(told(), [], 'nothing was configured of it');
  },
);

t.test('after a version that told no speeds they are told, and otherwise a swap tells nothing', async (t) => {
  const ip = router(undefined, LINK);
  const { row } = link() as { row: object };
  ip.rows({ kind: 'link', row: { ...row, speed: 1_000 } } as KernelRow);
  const swapped = () => {
    const next = new AdvertisingRouter(Ip, manifest, { state: ip.state, before: ip.ctx });
    next.advance(0);
    return next.ctx.published.splice(0).filter(({ event }) => event === 'links');
  };
  t.same(swapped(), []);
  const { speed: _speed, ...before } = ip.state.linksTold.get(INDEX)!;
  ip.state.linksTold.set(INDEX, before);
  t.match(swapped(), [{ body: { name: 'r0', speed: 1_000 } }]);
});
