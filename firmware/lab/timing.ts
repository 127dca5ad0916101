/** How often the lab's router sends what. The peers and the monitors are told the same. */
import { FirmwareError } from '../errors.ts';

export interface Timing {
  /** Of the broadcast event and of router advertisements, in ms; the other two are multiples of it. */
  period: number;
  /** OSPF HelloInterval, in whole seconds (RFC 2328, 9.5 and C.3). */
  hello: number;
  /** OSPF RouterDeadInterval, in whole seconds. */
  dead: number;
  /** VRRP advertisement interval, in centiseconds, 1 to 4095 (RFC 9568, 5.2.7). */
  advert: number;
}

export const DEFAULT_TIMING: Timing = { period: 1_000, hello: 1, dead: 4, advert: 100 };

/** @throws FirmwareError `LAB_OPTIONS` */
export function checkTiming(timing: Timing): Timing {
  const need = (holds: boolean, key: keyof Timing, allowed: string) => {
    if (!holds)
      throw new FirmwareError('LAB_OPTIONS', `timing.${key} is ${timing[key]}, allowed is ${allowed}`);
  };
  const whole = (key: keyof Timing, least: number, most: number) => {
    const value = timing[key];
    const holds = Number.isInteger(value) && value >= least && value <= most;
    need(holds, key, `a whole number from ${least} to ${most}`);
  };
  whole('period', 10, 60_000);
  whole('hello', 1, 65_535);
  whole('dead', timing.hello + 1, 65_535);
  whole('advert', 1, 4_095);
  const { OSPF, VRRP } = packetIntervals(timing);
  need(OSPF % timing.period === 0, 'hello', `a multiple of the period, which is ${timing.period} ms`);
  need(VRRP % timing.period === 0, 'advert', `a multiple of the period, which is ${timing.period} ms`);
  return timing;
}

/**
 * Reads a timing as it is typed, such as `period=100,advert=10`; what is not named keeps its default.
 * @throws FirmwareError `LAB_OPTIONS`
 */
export function parseTiming(text: string): Partial<Timing> {
  const pairs = text.split(',').map((pair) => /^(\w+)=(\d+)$/.exec(pair.trim()));
  const wrong = pairs.some((pair) => pair === null || !Object.hasOwn(DEFAULT_TIMING, pair[1]!));
  if (wrong) {
    const keys = Object.keys(DEFAULT_TIMING).join(', ');
    throw new FirmwareError(
      'LAB_OPTIONS',
      `--timing ${text}: allowed are ${keys} with a number each, such as period=100,advert=10`,
    );
  }
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, Number(pair![2])]));
}

/** Between two packets of a kind, in ms. */
export function packetIntervals(timing: Timing): { IP: number; OSPF: number; VRRP: number } {
  return { IP: timing.period, OSPF: timing.hello * 1_000, VRRP: timing.advert * 10 };
}
