/** By the netlink driver alone: all routes by one call. */
import { Netlink, remove, replace } from '../../../drivers/netlink/netlink.ts';
import { ROUTES } from '../../../drivers/netlink/route.ts';
import { FIRST, routesOf } from '../job.ts';
import type { OpenWay } from './way.ts';

export const openDriver: OpenWay = async (job, index) => {
  const netlink = new Netlink();
  return {
    prepare(phase) {
      const change = phase === 'withdraw' ? remove : replace;
      const first = phase === 'install' ? FIRST.install : FIRST.replace;
      const changes = routesOf(job, first, index).map((route) => change(ROUTES, route));
      return async () => {
        const [refusal] = await netlink.change(changes);
        if (refusal !== undefined) throw new Error(refusal.message);
      };
    },
    stop: () => netlink.close(),
  };
};
