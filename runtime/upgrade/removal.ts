/**
 * Removes a module (paper 3.4, module removal). It drains first, its names resolve until the commit, and what was
 * held for it goes back to its senders (design rule 12).
 */

import type { ModuleProxy } from '../module/proxy.ts';
import { keptState } from '../state/state.ts';
import type { Bundle } from '../versions/bundle.ts';
import { Participant } from './participant.ts';
import type { StateFate } from './report.ts';
import type { Stage } from './stage.ts';

export class Removal extends Participant {
  readonly change = 'remove';
  readonly proxy: ModuleProxy;
  readonly from: string;
  readonly to = '';
  readonly after = undefined;
  readonly before: Bundle;
  readonly #wasDisabled: boolean;
  #undelivered = 0;

  constructor(stage: Stage, proxy: ModuleProxy) {
    super(proxy.name, stage);
    this.proxy = proxy;
    this.before = proxy.instance.bundle;
    this.from = proxy.version;
    this.#wasDisabled = proxy.service === 'disabled';
  }

  override get namesBefore(): string[] {
    return this.stage.names.of(this.proxy);
  }

  override get servesAfter(): boolean {
    return false;
  }

  override get undelivered(): number {
    return this.#undelivered;
  }

  override get fate(): StateFate {
    return 'dropped';
  }

  override get warning(): string | undefined {
    const { waiting } = this.serving.queue();
    return waiting > 0 ? `${this.module}: what is held for it goes back to its senders` : undefined;
  }

  override prepare(): void {
    if (!this.#wasDisabled) super.prepare();
    this.say(this.from, 'put state..');
  }

  switch(): void {
    this.say(this.from, 'commit removal..');
  }

  start(): void {}

  /** It stays frozen until it `end`s. */
  protected override putInPlace(): void {}

  override end(): void {
    if (this.proxy.retired) return;
    if (!this.#wasDisabled) this.endService('remove');
    const { remains, left } = this.proxy.retire();
    this.undo = {
      module: this.module,
      change: 'add',
      bundle: this.before,
      force: true,
      kept: { state: keptState(remains.state), timers: remains.timers, disabled: this.#wasDisabled },
    };
    this.#undelivered += this.giveBack(left);
    this.say(this.from, 'is removed..');
  }

  override resume(): void {
    super.resume();
    if (!this.#wasDisabled && this.proxy.service !== 'service') this.proxy.serve();
    this.say(this.from, this.#wasDisabled ? 'stays disabled..' : 'start..');
  }

  override cleanUp(): void {
    super.cleanUp();
    this.say(this.from, 'is unloaded from memory..');
  }
}
