/** The command of a daemon of FRR that knows nothing of another FRR on the same machine. */
import { join } from 'node:path';

/**
 * ospfd has one place for what its graceful restart leaves behind, whatever its options say. The next ospfd that starts on the
 * machine takes it for its own, and makes no LSA for a while. So each sees its own directory at that place.
 */
const ALONE = 'mkdir -p /var/run/frr && mount --bind "$0" /var/run/frr && exec "$@"';

/** @param directory of all its files, which FRR's user can write: `NAME.conf`, `NAME.pid`, `NAME.vty`, and zebra's `zserv.api` */
export function frrDaemon(name: string, directory: string): [program: string, ...args: string[]] {
  const file = (end: string) => join(directory, end);
  const files = ['-f', file(`${name}.conf`), '-i', file(`${name}.pid`), '-z', file('zserv.api')];
  const sockets = ['--vty_socket', directory, '-P', '0'];
  const rest = ['-u', 'frr', '-g', 'frr', '--log', 'stdout', '--log-level', 'info'];
  const alone = ['--mount', 'sh', '-c', ALONE, directory];
  return ['unshare', ...alone, `/usr/lib/frr/${name}`, ...files, ...sockets, ...rest];
}
