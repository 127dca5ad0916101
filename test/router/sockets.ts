/** The raw sockets of a process, seen from outside: a socket that was closed and made again has another inode. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Inodes of the raw IPv4 sockets of this protocol that a process has open. */
export function rawSockets(pid: number, protocol: number): string[] {
  const rows = readFileSync(`/proc/${pid}/net/raw`, 'utf8').trim().split('\n').slice(1);
  const local = new RegExp(`:${protocol.toString(16).padStart(4, '0')}$`, 'i');
  const inodes = rows.map((row) => row.trim().split(/\s+/)).filter((row) => local.test(row[1] ?? ''));
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
  return inodes.flatMap(([, , , , , , , , , inode]) => (open.includes(`socket:[${inode}]`) ? [inode!] : []));
}

/** Empty for a descriptor that was closed between the look at the list and at itself. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
