/** Answers of modules, as the program around the runtime gets them. */
import { HitlessError } from '../errors.ts';
import { copyOf, isPrimitive } from '../state/copy.ts';
import type { Guard } from './guard.ts';
import type { Answer } from './requests.ts';

/**
 * An answer whose value is a copy, made under the guard: the program that looks at it is not cut.
 * Anything but plain data stays as it is, and so does all where a `vm` time-out would be needed for each answer.
 * @param module whose answer it is
 */
export function received(guard: Guard, module: string, answer: Answer): Answer {
  if ('error' in answer || isPrimitive(answer.value) || !guard.everyTurn) return answer;
  try {
    return { value: guard.look(module, 'answer', () => copyOf(answer.value)) };
  } catch (thrown) {
    const plain = !(thrown instanceof HitlessError) || thrown.code !== 'STATE_NOT_PLAIN';
    return plain ? { error: failed(module, thrown as Error) } : answer;
  }
}

function failed(module: string, cause: Error): HitlessError {
  return new HitlessError('ASK_FAILED', `${module} gave an answer that cannot be used: ${cause.message}`, {
    module,
    cause,
  });
}
