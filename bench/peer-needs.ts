/** Programs that are measured beside hitless: one that is missing is named in the result, and keeps nothing else from it. */
import { ensure, type Need } from '../firmware/host/needs.ts';

export const CYCLICTEST_NEEDS: Need[] = [
  { command: 'cyclictest', package: 'rt-tests', why: 'is measured beside the timers' },
];

export const PRIORITY_NEEDS: Need[] = [
  { command: 'chrt', package: 'util-linux', why: 'gives real-time priority' },
];

export const COMPILER_NEEDS: Need[] = [
  { command: 'cc', package: 'gcc', why: 'compiles the tester and the echo in C' },
  { file: '/usr/include/stdio.h', package: 'libc6-dev', why: 'compiles the tester and the echo in C' },
];

export const BIRD_NEEDS: Need[] = [
  { command: 'bird', package: 'bird2', why: 'is measured beside the routes' },
  { command: 'birdc', package: 'bird2', why: 'has BIRD read its configuration' },
];

export const ZEBRA_NEEDS: Need[] = [
  { file: '/usr/lib/frr/zebra', package: 'frr', why: 'is measured beside the routes' },
];

export const CAPTURE_NEEDS: Need[] = [
  { command: 'tcpdump', package: 'tcpdump', why: 'sees when packets arrive' },
];

/** Installs what is missing if it may; gives the reason when it is not there afterwards. */
export async function lacking(
  needs: readonly Need[],
  options: { install: boolean; say: (line: string) => void },
): Promise<string | undefined> {
  try {
    await ensure(needs, options);
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message.replace(/\s*\n\s*/g, ' ');
  }
}
