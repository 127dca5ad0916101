/** A person at a serial line, who types and reads what comes. */
import type { Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { eventuallyAsync } from './router-lab.ts';

const PATIENCE = 60_000;

/** Types keys, and returns all that was said since, once it is what is expected. */
export type Typing = (keys: string, expected: RegExp) => Promise<string>;

/** The line is closed with the test. */
export async function personAt(t: Test, device: string): Promise<Typing> {
  const line = await openSerial(device, 115_200);
  t.teardown(() => line.destroy());
  // The cable may be pulled.
  line.on('error', () => {});
  let heard = '';
  line.on('data', (chunk: Buffer) => {
    heard += chunk.toString('utf8');
  });
  return async (keys, expected) => {
    heard = '';
    line.write(keys);
    try {
      return await eventuallyAsync(`${expected}`, PATIENCE, async () =>
        expected.test(heard) ? heard : undefined,
      );
    } catch (cause) {
      const [typed, said] = [JSON.stringify(keys), JSON.stringify(heard.slice(-800))];
      throw new Error(`${expected} did not follow ${typed}, but ${said}`, { cause });
    }
  };
}
