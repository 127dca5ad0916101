/** IP beside one OSPF router of a simulated network: it takes routes as they are told, and tells of those to be redistributed. */
import type { Redistribute, RedistributedRoute } from '../../firmware/modules/messages/redistribute.ts';
import type { RouteChange, Routes } from '../../firmware/modules/messages/routes.ts';
import type { NetworkRouter } from './ospf-network.ts';

export class IpOfRouter {
  readonly router: NetworkRouter;
  /** By prefix: all that OSPF has told. */
  readonly routes = new Map<string, RouteChange>();
  /** Static routes that drop packets, by prefix. */
  readonly statics = new Set<string>();
  /** Messages that did not follow on the one before. */
  gaps = 0;
  #session: string | undefined;
  #next = 0;
  #number = 0;
  #kept: Set<string> | undefined;
  #asked: Redistribute | undefined;

  constructor(router: NetworkRouter) {
    this.router = router;
  }

  /** Takes all that OSPF has sent since. @returns whether there was something */
  take(): boolean {
    const { ctx } = this.router.served;
    const sent = ctx.sent.splice(0);
    for (const { type, body } of sent) {
      if (type === 'routes') this.#takeRoutes(body as Routes);
      if (type === 'redistribute') {
        this.#asked = body as Redistribute;
        this.tell();
      }
    }
    return sent.length > 0;
  }

  #takeRoutes({ session, number, whole, changes }: Routes): void {
    const begins = whole === 'begin' || whole === 'all';
    if (session !== this.#session || number !== this.#next) {
      if (this.#session !== undefined && session === this.#session) this.gaps++;
      this.#session = session;
      if (!begins) {
        this.router.served.event('IP', '3.0.0', 'routesWanted', { source: 'ospf', has: {} });
        this.#next = -1;
        return;
      }
    }
    this.#next = number + 1;
    if (begins) this.#kept = new Set();
    for (const change of changes) {
      if (change.remove === true) this.routes.delete(change.prefix);
      else this.routes.set(change.prefix, change);
      this.#kept?.add(change.prefix);
    }
    if (whole !== 'end' && whole !== 'all') return;
    for (const prefix of this.routes.keys()) if (!this.#kept?.has(prefix)) this.routes.delete(prefix);
    this.#kept = undefined;
  }

  /** All that OSPF asks for. */
  tell(): void {
    if (this.#asked === undefined || !this.router.alive) return;
    const isAsked = this.#asked.sources.some(({ source }) => source === 'static');
    const changes: RedistributedRoute[] = [...(isAsked ? this.statics : [])].map((prefix) => ({
      prefix,
      source: 'static',
      metric: 0,
      hops: [],
    }));
    const body = { to: 'ospf', session: 'ip', number: this.#number++, whole: 'all', changes };
    this.router.served.event('IP', '3.0.0', 'redistributed', body);
    this.router.network.collect();
  }
}
