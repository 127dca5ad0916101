/** Takes a module out of service and back: while it is out, its proxy keeps what arrives, up to the mailbox's size. */
import type { Bundle } from './bundle.ts';
import { Participant, type Stage } from './participant.ts';
import type { ModuleProxy } from './proxy.ts';

abstract class ServiceChange extends Participant {
  readonly proxy: ModuleProxy;

  constructor(stage: Stage, proxy: ModuleProxy) {
    super(proxy.name, stage);
    this.proxy = proxy;
  }

  get from(): string {
    return this.proxy.version;
  }

  get to(): string {
    return this.proxy.version;
  }

  get after(): Bundle {
    return this.proxy.instance.bundle;
  }

  switch(): void {}
}

export class Disabling extends ServiceChange {
  readonly change = 'disable';

  start(): void {}

  protected serve(): void {
    this.proxy.disable('by command; "enable" puts it back in service');
    this.say(this.from, 'is disabled..');
  }

  protected goBack(): void {
    this.say(this.from, 'abort transaction..');
    this.proxy.instance.context.mode = 'live';
    if (this.proxy.service !== 'service') this.proxy.serve();
    this.say(this.from, 'start..');
  }
}

export class Enabling extends ServiceChange {
  readonly change = 'enable';

  override get drains(): boolean {
    return false;
  }

  override prepare(): void {}

  start(): void {
    this.startInstance(this.proxy.instance, 'resume');
    this.say(this.to, 'start..');
  }

  protected serve(): void {
    this.proxy.instance.context.mode = 'live';
    this.proxy.serve();
  }

  protected goBack(): void {
    this.say(this.from, 'abort transaction..');
    this.proxy.instance.context.drop();
    this.proxy.instance.context.mode = 'live';
  }
}
