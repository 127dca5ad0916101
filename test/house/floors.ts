/**
 * Each folder's floors, lowest first. A file imports from its own floor and from those below. The longest entry that begins
 * its path says where a file stands; in a folder that is named here, every file stands somewhere.
 */
export const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  runtime: [
    // The ground: nothing here knows of a module.
    [
      'argument',
      'clock',
      'deep-equal',
      'errors',
      'inspection',
      'last-found',
      'message',
      'module/port',
      'nearest',
    ],
    ['native/', 'plain-file', 'sync-directory', 'thenable', 'turn'],
    // Values: copies, plain data, tables, their files.
    ['state/'],
    // Services that all modules share; they say themselves what they need of one.
    ['services/'],
    ['kernel'],
    // A module as its author writes it, and as a bundle.
    [
      'module/ask',
      'module/define',
      'module/hook-time',
      'module/module',
      'module/manifest',
      'module/protocol',
    ],
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
    ['ask', 'port', 'mailbox', 'owed', 'group', 'module-ports', 'held-ports', 'protocol'],
    ['define', 'module.ts', 'manifest', 'module-timers', 'handling', 'hook-time'],
    ['inlet'],
    ['outlet'],
    ['context', 'suspension'],
    ['instance'],
    ['activity'],
    ['proxy'],
    ['ending', 'opened-ports', 'understudy'],
  ],
  'runtime/services': [
    ['async-scopes', 'collector', 'debugger', 'descriptors', 'late-code', 'vm-watch'],
    ['guard'],
    // The others know the guard, and each other's types at most.
    [''],
  ],
  'runtime/state': [
    ['realm'],
    ['copy'],
    ['made', 'table.ts'],
    ['kept-rows', 'plain.ts', 'redaction', 'table-checkpoint'],
    ['state.ts', 'table-migration'],
    ['checkpoint', 'handler-chain', 'plain-look', 'restore-point'],
    ['transfer'],
  ],
  'runtime/upgrade': [
    // Words: what is asked for, and what is told.
    ['change', 'deadline', 'faults', 'report'],
    ['aborted', 'history', 'retry', 'stall'],
    // Parts that know no transaction.
    [''],
    ['command', 'stage'],
    ['check-stage'],
    // A member, and each kind of them.
    ['participant'],
    [
      'addition',
      'configuring',
      'needed-events',
      'next-attempt',
      'removal',
      'replacement',
      'same-version',
      'service-change',
      'vault',
    ],
    ['plan', 'steps'],
    ['interpreter'],
    ['check.ts', 'transaction'],
    ['upgrader'],
  ],
  drivers: [
    ['ancillary', 'child', 'cpus', 'errors', 'interface-names', 'ipv4'],
    // Tools: what is loaded, started or written.
    [''],
    ['netlink/'],
    ['nftables/'],
    // The kernel's tables, and what stands on netlink and sockets.
    ['addresses', 'carriers', 'ipv6-socket', 'kernel-tables/', 'links'],
    ['kernel-tables.ts', 'raw-ip', 'raw-ip6', 'raw-port'],
  ],
  // Modules share the lower floors, with the bodies of the messages between them.
  'firmware/modules': [['address', 'messages/', 'prefix'], [''], ['ip/', 'ospf/', 'timer/', 'vrrp/']],
  // As in vrrp below.
  'firmware/modules/ip': [
    [
      'agenda',
      'config-record',
      'drop',
      'exchange/exchange-record',
      'interfaces/interface-record',
      'nd/advertising-record',
      'nd/offer',
      'rib/queue',
      'rib/route-record',
      'state',
      'virtual/virtual-record',
    ],
    [
      'config',
      'discovery/packet',
      'exchange/complaint',
      'exchange/filter-config',
      'exchange/route-message',
      'interfaces/interface-address',
      'interfaces/interface-config',
      'migration',
      'nd/config',
      'nd/packet',
      'nd/packet-options',
      'request',
      'rib/static-config',
    ],
    // The RIB: what leads to it and what follows from it changes candidates here, and is a noun.
    [
      'discovery/eligibility',
      'exchange/prefix-list',
      'exchange/route-filter',
      'exchange/route-map',
      'interfaces/closed-address',
      'interfaces/device',
      'interfaces/given-address',
      'interfaces/interface-settings',
      'interfaces/lingering',
      'interfaces/sysctl',
      'interfaces/wanted',
      'nd/eligibility',
      'plan',
      'rib/fib-batch',
      'rib/fib-route',
      'rib/rib',
      'rib/seen',
      'rib/static-route',
      'virtual/virtual-router',
    ],
    ['discovery/', 'exchange/', 'interfaces/', 'nd/', 'rib/', 'virtual/'],
    // Views read what the nouns know.
    ['views/prefixes'],
    ['views/query', 'views/standing'],
    ['views/advertising', 'views/filters', 'views/interface', 'views/routes'],
    ['views/rib'],
    ['views.ts'],
    // `kernel` is `receive` for the kernel's tables; `work` does in turns what is too long for one handler.
    ['apply', 'discovery/receive', 'exchange.ts', 'kernel', 'nd/receive', 'settle', 'work'],
    ['module.ts'],
  ],
  // As in vrrp below.
  'firmware/modules/ospf': [
    ['adjacency/adjacency-record', 'config-record', 'constants', 'drop', 'state'],
    ['agenda', 'config.ts', 'config/', 'followers', 'migration', 'packet/', 'selectors'],
    // The database: most nouns read it, and some install in it.
    [
      'adjacency/election',
      'adjacency/request-list',
      'adjacency/spare',
      'adjacency/subnet-choice',
      'keys',
      'lsdb/buckets',
      'lsdb/lsdb',
      'plan',
      'sequence',
      'transmit',
    ],
    // Routes and LSAs of ours, as they follow from the database; and the lists of what is sent and awaited.
    ['lsdb/acknowledgment', 'lsdb/retransmission', 'lsdb/update', 'origination/', 'routing/'],
    [
      'adjacency/',
      'lsdb/',
      'relay',
      'restart/',
      'routing/announcing',
      'routing/redistribution',
      'routing/routing',
    ],
    // Views read what the nouns know.
    ['views'],
    // `work` does in turns what is too long for one handler.
    ['adjacency/receive', 'apply', 'receive', 'settle', 'work'],
    ['module.ts'],
  ],
  'firmware/modules/timer': [[''], ['module.ts']],
  'firmware/modules/vrrp': [
    ['agenda', 'config-record', 'constants', 'drop', 'state'],
    ['config', 'migration', 'packet', 'relations'],
    ['ownership', 'plan'],
    ['acceptance', 'running'],
    ['dependency'],
    // The nouns of the RFC: none knows another, what one sets off in another goes on the agenda.
    [''],
    ['apply', 'receive', 'settle'],
    ['module.ts'],
  ],
  firmware: [
    ['errors', 'modules/'],
    ['config/'],
    // Knowledge of modules that were made for api 1.
    ['compat/'],
    // The process: its signals, log, needs, place in the system.
    ['host/'],
    ['line/', 'measure/', 'push/'],
    ['router/'],
    ['console/'],
    // Commands to a router from outside; its installation; the lab.
    [
      'install/',
      'lab/',
      'push/board-slots',
      'push/carry-out',
      'push/progress',
      'push/push',
      'push/sender',
      'push/trial',
    ],
    ['bench-program', 'config-program', 'run'],
    ['build', 'declarations', 'main', 'postinstall', 'reference', 'release'],
  ],
  board: [['', 'boot/'], ['main']],
  bench: [
    [''],
    ['boot/', 'deadline/', 'outage/', 'packet/', 'page/', 'start/', 'swap/', 'timer/'],
    ['mailbox/', 'picture/', 'vrrp/'],
    ['main'],
  ],
};

/** Of each protocol the floor of its nouns, which do not import each other. */
export const NOUNS: Readonly<Record<string, number>> = {
  'firmware/modules/ip': 3,
  'firmware/modules/ospf': 4,
  'firmware/modules/vrrp': 5,
};
