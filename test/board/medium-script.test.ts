/** Which medium a board takes for the one that it was booted from: `board/medium.sh`, under busybox. */
import t, { type Test } from 'tap';
import { addDisk, identifierOf, ScriptRoot, skip } from './script-root.ts';

const NEW = '534c5448';

interface Board {
  root: ScriptRoot;
  said: string;
  medium: string;
}

/** @param marked the boot partitions on which the loader has left its mark */
function find(
  t: Test,
  disks: Record<string, string>,
  { cmdline = '', marked = [], mode }: { cmdline?: string; marked?: string[]; mode?: number } = {},
): Board {
  const root = new ScriptRoot(t, { PATIENCE: 3 });
  for (const [name, identifier] of Object.entries(disks))
    addDisk(root, name, { identifier, infix: /\d$/.test(name) ? 'p' : '' });
  // mount -t vfat -o ro,noatime DEVICE FOLDER
  const cases = marked.map((device) => `/dev/${device}) : > "$6/booted" ;;`).join('\n');
  root.stub('mount', `/bin/busybox mount -t tmpfs none "$6"\ncase $5 in\n${cases}\nesac\nexit 0`);
  root.write('proc/cmdline', `console=ttyAMA0 ${cmdline}\n`);
  if (mode !== undefined)
    root.write('proc/device-tree/chosen/bootloader/boot-mode', Buffer.from([0, 0, 0, mode]));
  const { output } = root.run('hitless-medium');
  return { root, said: output, medium: root.read('run/hitless/medium').trim() };
}

t.test('the disk that the loader names is taken, whichever comes first', { skip }, async (t) => {
  const cmdline = 'hitless.slot=a hitless.disk=aabbccdd-01';
  for (const [disks, booted, other] of [
    [{ vda: 'aabbccdd', vdb: '11223344' }, 'vda', 'vdb'],
    [{ vda: '11223344', vdb: 'aabbccdd' }, 'vdb', 'vda'],
    [{ vda: NEW, mmcblk0: 'aabbccdd' }, 'mmcblk0p', 'vda'],
  ] as const) {
    const { root, said, medium } = find(t, disks, { cmdline });
    t.equal(medium, `/dev/${booted}`);
    t.equal(said, `there is hitless on /dev/${other}, too, which was not booted: it is left alone\n`);
    for (const [name, identifier] of Object.entries(disks)) t.equal(identifierOf(root, name), identifier);
  }
});

t.test('with only another one there nothing is taken', { skip }, async (t) => {
  const { root, said, medium } = find(t, { sda: '11223344' }, { cmdline: 'hitless.disk=aabbccdd-01' });
  t.equal(medium, '');
  t.match(
    said,
    /medium that was booted \(disk aabbccdd\) was not found\nthere is hitless on \/dev\/sda, too/,
  );
  t.match(root.run('hitless-slot', 'confirm'), {
    status: 1,
    output: /the medium that this board was booted from was not found/,
  });
});

t.test('a new medium gets an identifier of its own when it is booted first', { skip }, async (t) => {
  const { root, said, medium } = find(
    t,
    { vda: NEW },
    { cmdline: `hitless.disk=${NEW}-01`, marked: ['vda1'] },
  );
  t.equal(said, '');
  t.equal(medium, '/dev/vda');
  t.equal(identifierOf(root, 'vda'), '4c3d2e1f');
});

t.test('of two new ones the one is taken that the loader has marked', { skip }, async (t) => {
  for (const [booted, other] of [
    ['vda', 'vdb'],
    ['vdb', 'vda'],
  ] as const) {
    const { root, medium } = find(
      t,
      { vda: NEW, vdb: NEW },
      { cmdline: `hitless.disk=${NEW}-01`, marked: [`${booted}1`] },
    );
    t.equal(medium, `/dev/${booted}`);
    t.equal(identifierOf(root, booted), '4c3d2e1f');
    t.equal(identifierOf(root, other), NEW, 'the other one is left alone');
  }
});

t.test('a new one that the loader could not mark is taken all the same', { skip }, async (t) => {
  const { medium, said } = find(t, { vda: NEW, vdb: 'aabbccdd' }, { cmdline: `hitless.disk=${NEW}-01` });
  t.equal(medium, '/dev/vda');
  t.match(said, /hitless on \/dev\/vdb, too/);
});

t.test(
  'where nothing tells them apart, that is said, and both keep their identifiers',
  { skip },
  async (t) => {
    const copies = find(t, { sda: 'aabbccdd', sdb: 'aabbccdd' }, { cmdline: 'hitless.disk=aabbccdd-01' });
    t.match(copies.said, /cannot know which medium was booted: they have the same identifier, aabbccdd; /);
    // A loader from before it told the disk.
    const older = find(t, { sda: NEW, sdb: NEW }, { cmdline: 'hitless.slot=a' });
    t.match(
      older.said,
      /cannot know which medium was booted: the boot loader does not tell; \/dev\/sda is taken/,
    );
    for (const { root } of [older]) t.equal(identifierOf(root, 'sda'), NEW);
    const alone = find(t, { sda: NEW }, { cmdline: 'hitless.slot=a' });
    t.same([alone.said, alone.medium], ['', '/dev/sda'], 'control: one medium needs no identifier');
  },
);

t.test("the Raspberry Pi's firmware tells the kind of medium", { skip }, async (t) => {
  const disks = { sda: NEW, mmcblk0: NEW, nvme0n1: NEW };
  for (const [mode, medium] of [
    [1, '/dev/mmcblk0p'],
    [4, '/dev/sda'],
    [6, '/dev/nvme0n1p'],
  ] as const)
    t.equal(find(t, disks, { mode }).medium, medium, `boot-mode ${mode}`);
});

t.test('what is no data partition of hitless is no medium', { skip }, async (t) => {
  const root = new ScriptRoot(t, { PATIENCE: 1 });
  addDisk(root, 'sda', { identifier: NEW, label: 'my-data' });
  t.equal(root.run('hitless-medium').output, '');
  t.equal(root.read('run/hitless/medium'), '');
});
