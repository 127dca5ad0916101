/** How often something happened, by name; what never happened is absent. */
export type Counters<Name extends string> = { [K in Name]?: number };

/** Adds one, or as many as said, and answers the new count. */
export function count<Name extends string>(counters: Counters<Name>, name: Name, by = 1): number {
  const counted = (counters[name] ?? 0) + by;
  counters[name] = counted;
  return counted;
}

/** Adds all counts of one to another. */
export function addTo<Name extends string>(total: Counters<Name>, counters: Counters<Name>): void {
  for (const name of Object.keys(counters) as Name[]) count(total, name, counters[name] ?? 0);
}

/** True for 1, 10, 100 and so on: a complaint that repeats is logged at these counts, so that it floods nothing. */
export function isMilestone(counted: number): boolean {
  return /^10*$/.test(String(counted));
}
