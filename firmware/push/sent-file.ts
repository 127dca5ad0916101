/** The file that is pushed, on the host that sends it. */
import { readPlainFile } from '../../runtime/plain-file.ts';
import { FirmwareError, systemCode } from '../errors.ts';

/**
 * Reads it.
 * @param most bytes
 * @param what it is, for errors: "a bundle"
 * @throws FirmwareError `PUSH_FILE`
 */
export function sentFile(file: string, most: number, what: string): Promise<Buffer> {
  return readPlainFile(file, most, (problem, cause) => {
    const why = systemCode(cause);
    const text = why === '' ? problem : `cannot be read (${why}); name the file of ${what}`;
    return new FirmwareError('PUSH_FILE', `${file} ${text}`, { cause });
  });
}
