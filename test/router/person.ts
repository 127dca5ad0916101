/** A person at a serial line, who types and reads what comes. */
import type { Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { eventuallyAsync } from './router-lab.ts';

const PATIENCE = 60_000;

/**
 * Opens the line, until the test ends.
 * @returns a function that types keys, and returns all that was said since, once it is what is expected
 */
export async function personAt(
  t: Test,
  device: string,
): Promise<(keys: string, expected: RegExp) => Promise<string>> {
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
