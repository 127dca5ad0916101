/**
 * Code that was cut leaves Node's bookkeeping of asynchronous contexts as it stood, for no `finally` of it runs. Node ends the
 * process at the next callback where that does not fit.
 */
import { executionAsyncId } from 'node:async_hooks';

/** Node's own end of what an uncaught error has left: the only way to these contexts that all versions have. */
interface Clearing {
  _fatalException?(error: unknown): boolean;
}

/** Leaves the contexts that cut code had entered. @param before the id of the context around it */
export function leaveAsyncScopes(before: number): void {
  if (executionAsyncId() === before) return;
  const { _fatalException: clear } = process as Clearing;
  if (clear === undefined) return;
  const own = Object.getOwnPropertyDescriptor(process, 'emit');
  // There is no error: nobody is told of one.
  Object.defineProperty(process, 'emit', { value: () => true, configurable: true, writable: true });
  try {
    clear.call(process, new Error('module code was cut'));
  } finally {
    Reflect.deleteProperty(process, 'emit');
    if (own !== undefined) Object.defineProperty(process, 'emit', own);
  }
}
