/** A kind of port for tests, which writes down what is made of it, and a module that uses what it is told to use. */
import type { Port, PortDeclaration, PortKind, PortRequest, PortResult } from '../../runtime/index.ts';
import type { Source } from './workshop.ts';

export class Wire implements Port {
  readonly request: PortRequest;
  settings: unknown;
  /** How often it was opened, and closed. */
  opened = 0;
  closed = 0;
  readonly sent: unknown[] = [];
  receive: (datum: unknown) => void = () => {};

  constructor(request: PortRequest) {
    this.request = request;
    this.settings = request.settings;
  }

  open(receive: (datum: unknown) => void): void {
    if (this.request.key === 'broken') throw new Error('no permission');
    this.opened++;
    this.receive = receive;
  }

  change(settings: unknown): void {
    if (settings === 'unchangeable') throw new Error('there is no such group');
    this.settings = settings;
  }

  send(datum: unknown): PortResult {
    this.sent.push(datum);
    return 'sent';
  }

  close(): void {
    this.closed++;
  }

  get isOpen(): boolean {
    return this.opened === 1 && this.closed === 0;
  }
}

/** The kind `wire` of a host, and all that it has made. */
export class Wires implements PortKind {
  readonly made: Wire[] = [];
  /** Why none can be opened. */
  trouble = '';

  check({ speed }: PortDeclaration, settings: unknown): string | undefined {
    if (speed !== undefined && typeof speed !== 'number')
      return `speed must be a number, not "${String(speed)}"`;
    return settings === 'wrong' ? 'settings must not be "wrong"' : undefined;
  }

  probe(): void {
    if (this.trouble !== '') throw new Error(this.trouble);
  }

  make(request: PortRequest): Wire {
    const wire = new Wire(request);
    this.made.push(wire);
    return wire;
  }

  /** Those that are open, by key. */
  get open(): Map<string, Wire> {
    return new Map(this.made.filter(({ isOpen }) => isOpen).map((wire) => [wire.request.key, wire]));
  }

  /** Their settings, by key. */
  get settings(): Record<string, unknown> {
    return Object.fromEntries([...this.open].map(([key, { settings }]) => [key, settings]));
  }
}

/** Uses the wires that its state says: `uses` is key to settings. */
export function wireUser(version: string, more: Partial<Source> & { speed?: number } = {}): Source {
  const { speed = 10, manifest = '', methods = '' } = more;
  return {
    name: 'USER',
    version,
    manifest: `api: 2, ports: { wire: { kind: 'wire', speed: ${speed} } },
      accepts: { use: [1], leave: [1], talk: [1], useAndSpin: [1], heard: [1], keys: [1] }, ${manifest}`,
    methods: `
    initial(config) { return { uses: { ...config }, heard: [] }; }
    start(why) { for (const [key, settings] of Object.entries(this.state.uses)) this.ctx.openPort('wire', key, settings); }
    onUse({ body: { key, settings } }) {
      this.ctx.openPort('wire', key, settings);
      this.state.uses[key] = settings;
      return [this.ctx.transmit('wire', key, 'hello'), ...this.ctx.ports('wire')];
    }
    onLeave({ body: key }) {
      this.ctx.closePort('wire', key);
      delete this.state.uses[key];
      return [this.ctx.transmit('wire', key, 'hello'), ...this.ctx.ports('wire')];
    }
    onUseAndSpin({ body: key }) { this.ctx.openPort('wire', key); for (;;); }
    onTalk({ body: key }) { return [this.ctx.transmit('wire', key, 'hello'), this.ctx.portFailure('wire', key)?.reason]; }
    onWire({ key, datum }) { this.state.heard.push(key + ' ' + datum); }
    onHeard() { return this.state.heard.splice(0); }
    onKeys() { return this.ctx.ports('wire'); }
    ${methods}`,
  };
}
