/**
 * Each folder's floors, lowest first. A file imports from its own floor and from those below. The longest entry that begins
 * its path says where a file stands; in a folder that is named here, every file stands somewhere.
 */
export const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  runtime: [
    // The ground: nothing here knows of a module.
    ['argument', 'clock', 'errors', 'inspection', 'last-found', 'message', 'module/port', 'nearest'],
    ['native/', 'plain-file', 'sync-directory', 'thenable', 'turn'],
    // Values: copies, plain data, tables, their files.
    ['state/'],
    // What all modules share; it says itself what it needs of one.
    ['services/'],
    ['kernel'],
    // What a module's author writes, and what a bundle is.
    ['module/ask', 'module/define', 'module/module', 'module/manifest', 'module/protocol'],
    ['library', 'versions/bundle.ts', 'versions/compiler'],
    [
      'state/state',
      'state/checkpoint',
      'state/handler-chain',
      'state/transfer',
      'state/plain-look',
      'state/restore-point',
    ],
    // A module at work.
    ['module/'],
    ['versions/'],
    ['upgrade/'],
    ['inside', 'runtime'],
    ['versions/watch', 'index', 'install'],
    ['testing/'],
  ],
  'runtime/module': [
    ['ask', 'port', 'mailbox', 'owed', 'group', 'module-ports', 'protocol'],
    ['define', 'module.ts', 'manifest', 'module-timers', 'handling'],
    ['inlet'],
    ['outlet'],
    ['context', 'suspension'],
    ['instance'],
    ['activity'],
    ['proxy'],
    ['ending', 'opened-ports', 'understudy'],
  ],
  'firmware/modules/ip': [[''], ['module.ts']],
  'firmware/modules/ospf': [['drop', 'packet/'], [''], ['module.ts']],
  'firmware/modules/timer': [[''], ['module.ts']],
  'firmware/modules/vrrp': [['drop'], [''], ['module.ts']],
  firmware: [
    ['modules/'],
    ['', 'config/', 'console/', 'install/', 'lab/', 'line/', 'measure/', 'push/'],
    ['main'],
  ],
  board: [['', 'boot/'], ['main']],
  bench: [
    [''],
    ['boot/', 'deadline/', 'outage/', 'packet/', 'page/', 'start/', 'swap/', 'timer/'],
    ['mailbox/'],
    ['main'],
  ],
};
