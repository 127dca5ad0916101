/** A change of a module that goes on with the version that it has. */
import type { ModuleProxy } from '../module/proxy.ts';
import type { Bundle } from '../versions/bundle.ts';
import { Participant } from './participant.ts';
import type { Stage } from './stage.ts';

export abstract class SameVersion extends Participant {
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
