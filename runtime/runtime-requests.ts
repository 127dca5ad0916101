/** Requests of the program around the runtime, and what their answers become. */
import { HitlessError } from './errors.ts';
import type { Kernel } from './kernel.ts';
import type { Message } from './message.ts';
import type { AnyManifest } from './module/manifest.ts';
import type { ManifestView, ModuleViews } from './module/manifest-views.ts';
import type { ModuleProxy } from './module/proxy.ts';
import { received } from './services/received.ts';
import type { Answer } from './services/requests.ts';
import { type Rows, rowsIn } from './services/rows.ts';

/**
 * Sends a request; resolves with its answer.
 * @param timeout in ms
 * @param take makes of the module's answer what is resolved with, a copy unless told; it must not throw
 * @throws HitlessError `ASK_…`
 */
export function askAsHost(
  { requests, names, guard }: Kernel<ModuleProxy>,
  to: string,
  request: Message,
  timeout: number,
  take: (answer: Answer) => Answer = (answer) => received(guard, to, answer),
): Promise<unknown> {
  const what = `the host asked ${to} "${request.type}", which`;
  return new Promise((resolve, reject) => {
    const deliver = (given: Answer) => {
      const answer = take(given);
      guard.after(() => {
        if ('error' in answer) reject(answer.error);
        else resolve(answer.value);
      });
    };
    requests.open(request.id, { what, timeout, due: 0, deliver });
    const sent = names.resolve(to)?.accept(request) ?? 'unknown';
    const refused = (code: 'ASK_FULL' | 'ASK_UNKNOWN', why: string) =>
      requests.close(request.id, { error: new HitlessError(code, `${what} ${why}`, { module: to }) });
    if (sent === 'full') refused('ASK_FULL', 'has a full mailbox; try again later');
    else if (sent === 'unknown') refused('ASK_UNKNOWN', 'does not exist or does not accept it');
  });
}

/** Sends a view's request; resolves with its rows. */
export async function askForRows(
  kernel: Kernel<ModuleProxy>,
  { name, manifest }: ModuleProxy,
  request: Message,
  timeout: number,
): Promise<Rows> {
  // In a box: a promise that is kept with a thing asks it whether it is one, which may be code.
  const take = (answer: Answer) => ('error' in answer ? answer : { value: { answer: answer.value } });
  const { answer } = (await askAsHost(kernel, name, request, timeout, take)) as { answer: unknown };
  return rowsIn(kernel.guard, name, answer, manifest.state.secrets);
}

/** The version and the body of a view's request. */
export function requestOf(
  { request, takes = [], follows }: ManifestView,
  values: Readonly<Record<string, string | number>>,
  { accepts }: AnyManifest,
): { version: number; body: Readonly<Record<string, string | number>> | undefined } {
  const hasBody = takes.length > 0 || follows === true;
  return { version: accepts[request]?.at(-1) ?? 1, body: hasBody ? { ...values } : undefined };
}

/** A module's views, and the contract by which it has them. */
export function viewsOf({ name, version, manifest: { api, views } }: ModuleProxy): ModuleViews {
  return { module: name, version, api, views: { ...views } };
}
