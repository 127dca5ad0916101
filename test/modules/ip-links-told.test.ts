/** Links with many addresses: what others are told of them, and the connected prefixes that follow from them. */
import t from 'tap';
import { address, link, router } from './ip-router6.ts';

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
