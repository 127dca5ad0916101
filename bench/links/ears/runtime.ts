/** By an event in a runtime, until a module that subscribes to it has handled it: a stand-in for OSPF and VRRP. */
import { defineModule, Runtime } from 'hitless/runtime';
import { LinkMonitor, type LinkState } from '../../../drivers/links.ts';
import { openNetlink } from '../../../drivers/netlink/socket.ts';
import * as ip from '../../../firmware/modules/ip/module.ts';
import { KernelPorts } from '../../../firmware/router/kernel-kind.ts';
import { LinkedPorts } from '../../../firmware/router/linked-ports.ts';
import { portKinds } from '../../../firmware/router/port-kinds.ts';
import { ProgramPorts } from '../../../firmware/router/program-kind.ts';
import { NEAR, type ToldLink } from '../job.ts';
import { type Ear, NextReport, type OpenEar } from './ear.ts';

/** The event `links` of the IP module, which listens at the kernel's tables. */
export const openModule: OpenEar = async () => {
  const kernel = new KernelPorts();
  const runtime = new Runtime({
    portKinds: portKinds(new LinkedPorts(), kernel, new ProgramPorts(() => {})),
  });
  const links = new NextReport<ToldLink>();
  const listens = links.expect(({ name }) => name === NEAR.name);
  await listen(runtime, 'links', links);
  await add(runtime, ip);
  await listens;
  return earOf(links, async () => {
    await runtime.stop();
    await kernel.settled(2_000);
  });
};

/** The event `link` of the host: for OSPF and VRRP before they took that of IP, and for IP's router discovery. */
export const openHost: OpenEar = async () => {
  const runtime = new Runtime();
  const links = new NextReport<ToldLink>();
  await listen(runtime, 'link', links);
  const questions = new Questions();
  const monitor = new LinkMonitor({ open: questions.open });
  monitor.snapshot();
  monitor.start((link: LinkState) => {
    runtime.publish('link', link, link.index === 0 ? { withdraw: link.name } : { retain: link.name });
  });
  const ear = earOf(links, () => {
    monitor.stop();
    return runtime.stop();
  });
  return {
    ...ear,
    expect(step) {
      questions.begin();
      return ear.expect(step);
    },
    get asked() {
      return questions.took;
    },
  };
};

/** Sockets whose questions are timed, from the call to the answer. */
class Questions {
  /** ms since `begin`, in all. */
  took = 0;
  #since = 0;

  begin(): void {
    this.took = 0;
    this.#since = performance.now();
  }

  readonly open: typeof openNetlink = (...options) => {
    const socket = openNetlink(...options);
    const request = socket.request.bind(socket);
    socket.request = (data, into, callback) => {
      const began = performance.now();
      return request(data, into, (...end) => {
        this.took += performance.now() - Math.max(began, this.#since);
        callback(...end);
      });
    };
    return socket;
  };
}

function earOf(links: NextReport<ToldLink>, stop: Ear['stop']): Ear {
  return { expect: ({ told }) => links.expect(told), stop };
}

async function listen(runtime: Runtime, event: 'link' | 'links', links: NextReport<ToldLink>): Promise<void> {
  const handle = ({ body }: { body: ToldLink }) => links.told(body);
  const subscribes = { [event]: handle };
  await add(runtime, defineModule({ name: 'LISTENER', version: '1.0.0', initial: () => ({}), subscribes }));
}

async function add(runtime: Runtime, module: Parameters<Runtime['add']>[0]): Promise<void> {
  const { outcome, reason } = await runtime.add(module, {});
  if (outcome !== 'committed') throw new Error(`a module was not added: ${reason}`);
}
