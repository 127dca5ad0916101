/** Sessions one after the other, on a line that stays when one of them ends. */
import type { Ending, Terminal } from './terminal.ts';

/** Before the next session after a crash, in ms: a fault that comes at once again must not spin. */
const PAUSE_MS = 1000;

export interface Sessions {
  /** How the last one ended. Never rejects. */
  readonly ended: Promise<Exclude<Ending, 'crashed'>>;
  /** Ends the session that runs, and begins no other. */
  close(): void;
}

/**
 * Begins a session, and after a crash the next: a fault of the console is no reason to leave a router without one.
 * @param again also begins another after `quit`
 */
export function serveSessions(begin: () => Terminal, { again }: { again: boolean }): Sessions {
  let closed = false;
  let terminal = begin();
  const serve = async (): Promise<Exclude<Ending, 'crashed'>> => {
    for (;;) {
      const why = await terminal.ended;
      if (why === 'crashed') await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      else if (why !== 'quit' || !again) return why;
      if (closed) return 'closed';
      terminal = begin();
    }
  };
  const ended = serve();
  return {
    ended,
    close() {
      closed = true;
      terminal.close();
    },
  };
}
