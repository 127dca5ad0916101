/** Takes a module out of service and back: while it is out, its proxy keeps what arrives, up to the mailbox's size. */
import { SameVersion } from './same-version.ts';

export class Disabling extends SameVersion {
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

export class Enabling extends SameVersion {
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
