/**
 * The modules that become quiescent together (Kramer and Magee's passive set, design rule 7). While they drain,
 * messages between them, and messages caused by their unanswered requests, still belong to the work in hand.
 */
import type { Message } from '../message.ts';

interface Member {
  readonly name: string;
  readonly activity: { asksWith(cause: number): boolean };
}

export class Group {
  readonly #members: ReadonlyMap<string, Member>;
  /** Set by who waits for the group: called when a member has something to do. */
  onProgress: (() => void) | undefined;

  constructor(members: readonly Member[]) {
    this.#members = new Map(members.map((member) => [member.name, member]));
  }

  includes(message: Message): boolean {
    if (this.#members.has(message.from)) return true;
    if (message.cause === 0) return false;
    for (const member of this.#members.values()) if (member.activity.asksWith(message.cause)) return true;
    return false;
  }

  progress(): void {
    this.onProgress?.();
  }
}
