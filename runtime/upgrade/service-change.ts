/** Takes a module out of service and back: while it is out, its proxy keeps what arrives, up to the mailbox's size. */

import type { ModuleProxy } from '../module/proxy.ts';
import type { Bundle } from '../versions/bundle.ts';
import { Participant } from './participant.ts';
import type { Stage } from './stage.ts';

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

  override get namesAfter(): readonly string[] {
    return this.namesBefore;
  }

  switch(): void {}
}

export class Disabling extends ServiceChange {
  readonly change = 'disable';

  override get servesAfter(): boolean {
    return false;
  }

  start(): void {}

  /** It stays frozen until it `end`s. */
  protected override putInPlace(): void {}

  override end(): void {
    this.undo = { module: this.module, change: 'enable', force: true };
    if (this.proxy.retired) return;
    this.endService('disable');
    this.proxy.disable('by command; "enable" puts it back in service');
    this.say(this.from, 'is disabled..');
  }

  override resume(): void {
    super.resume();
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

  protected override putInPlace(): void {
    this.undo = { module: this.module, change: 'disable', force: true };
    super.putInPlace();
  }

  override unstart(): void {
    this.proxy.instance.context.drop();
  }
}
