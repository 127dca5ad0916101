/**
 * A router that advertises IPv6 on lan0, and a Linux host at the other end (h0), with an agent that hears and sends what the
 * test wants. The versions of IP are made of its sources.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import type { RouterAdvertisement6 } from '../../../firmware/modules/ip/nd/offer.ts';
import { decode6 } from '../../../firmware/modules/ip/nd/packet.ts';
import { Remote } from '../../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../../netns.ts';
import { type Answer, eventuallyAsync, execAt, HITLESS } from '../router-lab.ts';
import { makeVersions, ONE, OTHER } from '../routes/versions.ts';

const PATIENCE = 30_000;

export class AdvertisingPlace {
  readonly router: NetworkNamespace = NetworkNamespace.create('router');
  readonly host: NetworkNamespace = NetworkNamespace.create('host');
  readonly agent: Remote = new Remote({ namespace: this.host });
  readonly directory: string = mkdtempSync('/tmp/hitless-test-');
  readonly #socket = join(this.directory, 'console.sock');
  #child: ChildProcess | undefined;
  #output = '';

  private constructor() {
    const { router, host } = this;
    const sysctl = (namespace: NetworkNamespace, ...settings: string[]) =>
      namespace.exec(['sysctl', '-q', '-w', ...settings.map((setting) => `net.ipv6.conf.${setting}`)]);
    sysctl(router, 'all.forwarding=1', 'default.accept_dad=0');
    sysctl(host, 'default.accept_dad=0', 'default.router_solicitations=0');
    NetworkNamespace.join([router, 'lan0'], [host, 'h0']);
    sysctl(host, 'h0.accept_ra_rt_info_max_plen=64', 'h0.accept_ra_rt_info_min_plen=0');
    router.ip('address', 'add', 'fd00:1::1/64', 'dev', 'lan0', 'nodad');
  }

  /** Makes it, and starts the router. Ends with the test. @param keys of `router-advertisements` */
  static async make(t: Test, keys: object): Promise<AdvertisingPlace> {
    const place = new AdvertisingPlace();
    t.teardown(() => place.#end());
    mkdirSync(join(place.directory, 'bundles'));
    await makeVersions(join(place.directory, 'bundles'), [ONE, OTHER]);
    await eventuallyAsync('both ends have a link-local address', PATIENCE, async () =>
      [place.router, place.host].every((each) =>
        each.ip('-6', 'address', 'show', 'scope', 'link', '-tentative').includes('fe80:'),
      ),
    );
    await place.agent.order({
      op: 'open6',
      port: 'h',
      options: {
        interface: 'h0',
        protocol: 58,
        groups: ['ff02::1'],
        icmpTypes: [134],
        hopLimit: 255,
        leastHopLimit: 255,
      },
    });
    place.write(keys);
    await place.#start();
    return place;
  }

  /** @param keys of `router-advertisements`; undefined: there are none */
  write(keys: object | undefined): void {
    const text = stringify({
      router: {
        id: '10.1.0.1',
        bundles: ['bundles'],
        modules: { IP: `ip@${ONE}` },
        state: join(this.directory, 'state'),
      },
      ip: { interfaces: { lan0: { ...(keys && { 'router-advertisements': keys }) } } },
    });
    writeFileSync(join(this.directory, 'router.yaml'), text);
  }

  async #start(): Promise<void> {
    const config = join(this.directory, 'router.yaml');
    const command = ['netns', 'exec', this.router.name, process.execPath, HITLESS, 'run', '--config', config];
    const child = spawn('ip', command, {
      env: { ...process.env, HITLESS_CONSOLE: this.#socket },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    await eventuallyAsync('the router answers', PATIENCE, async () => {
      if (child.exitCode !== null) throw new Error(`the router ended: ${this.#output}`);
      return (await execAt(this.#socket, 'show modules').catch(() => undefined))?.ok;
    });
  }

  /** All that the router has printed. */
  get output(): string {
    return this.#output;
  }

  /** Runs a command that must succeed. */
  async run(line: string): Promise<Answer> {
    const answer = await execAt(this.#socket, line);
    if (!answer.ok) throw new Error(`${line}: ${answer.code}: ${answer.message}\n${this.#output}`);
    return answer;
  }

  /** Ends the router, and waits until it is gone. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  /** Counters of the IPv6 advertisements on lan0, and those of their port. */
  async counters(): Promise<{ module: Record<string, number>; port: Record<string, number> }> {
    const { data } = await this.run('show state IP interfaces.lan0.advertising.counters');
    const ports = (await this.run('show ports')).data as { port: string; counters?: object }[];
    const port = ports.find((one) => one.port === 'icmp6')?.counters ?? {};
    const module = (data as { state: Record<string, number> }).state;
    return { module, port: port as Record<string, number> };
  }

  /** All advertisements that the host's end of the link has heard. */
  heard(): (RouterAdvertisement6 & { from: string; bytes: Buffer })[] {
    return this.agent.told.flatMap(({ packet }) => {
      if (packet === undefined) return [];
      const bytes = Buffer.from(packet.payload, 'hex');
      const read = decode6({ from: packet.from, hopLimit: packet.hopLimit ?? 0, payload: bytes });
      if ('error' in read || read.type !== 'advertisement') throw new Error(JSON.stringify(read));
      return [{ from: packet.from, bytes, ...read }];
    });
  }

  /** Waits until one of them is so. */
  hears(what: string, is: (one: RouterAdvertisement6) => boolean): Promise<RouterAdvertisement6> {
    return eventuallyAsync(what, PATIENCE, async () => this.heard().find(is));
  }

  /** Waits until the router has printed this. */
  says(pattern: RegExp): Promise<unknown> {
    return eventuallyAsync(`it says ${pattern}`, PATIENCE, async () => pattern.test(this.#output));
  }

  /** Waits until the host's kernel shows this. */
  async shows(what: string, command: string, pattern: RegExp): Promise<string> {
    let text = '';
    try {
      await eventuallyAsync(what, PATIENCE, async () => {
        text = this.host.exec(['ip', '-6', ...command.split(' ')]);
        return pattern.test(text);
      });
    } catch {
      throw new Error(`${what}: ${text}\n${this.#output}`);
    }
    return text;
  }

  /** Has the host ask for an advertisement. */
  solicit(times = 1): Promise<unknown> {
    return this.agent.order({ op: 'send', port: 'h', to: 'ff02::2', payload: '8500000000000000', times });
  }

  async #end(): Promise<void> {
    await this.stop();
    await this.agent.kill();
    this.router.cleanup();
    this.host.cleanup();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
