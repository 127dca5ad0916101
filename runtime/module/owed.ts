/**
 * Events with a key (retained or withdrawn) that found the mailbox full. They are state: the last body of each key is
 * delivered as soon as there is room. One mark per event and key, in the order in which they were first refused. So a
 * key that is published all the time cannot keep the others waiting.
 */
import type { Message } from '../message.ts';

export class OwedEvents {
  readonly #owed = new Map<string, Message>();

  get size(): number {
    return this.#owed.size;
  }

  /** The newest body of a key takes the place of the one before. */
  add(message: Message, key: string): void {
    this.#owed.set(markOf(message, key), message);
  }

  /** Takes the first one out. */
  shift(): Message | undefined {
    for (const [mark, message] of this.#owed) {
      this.#owed.delete(mark);
      return message;
    }
    return undefined;
  }

  clear(): void {
    this.#owed.clear();
  }
}

/** No name of an event has a space. */
function markOf({ type }: Message, key: string): string {
  return `${type} ${key}`;
}
