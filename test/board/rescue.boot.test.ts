/** A board whose configuration is not understood: it says so on the serial line, where it can be mended. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ANSWER, BOOT, build, buildUnseen, Machine, unavailable } from './machine.ts';

const skip = unavailable('virt');

t.test(
  'a configuration that is wrong is told on the serial line, and mended in a shell there',
  { skip },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'hitless-rescue-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const image = join(folder, 'virt.img');
    const config = join(folder, 'router.yaml');
    writeFileSync(config, 'router: { id: nonsense }\n');
    t.throws(() => build('virt', image, '--config', config), /CONFIG_INVALID/, 'no image is built with it');
    buildUnseen('virt', image, config);

    const machine = await Machine.on(t, { board: 'virt', image, folder });
    await machine.hears(/the router ended with 2 after .*; its last words:/, BOOT);
    await machine.hears(/router\.yaml:1:\d+: router\.id: found /, ANSWER);
    await machine.hears(/Enter opens a shell instead/, ANSWER);
    await machine.type('');
    await machine.hears(/\/ # /, ANSWER);
    await machine.type(
      "echo '{ router: { realtime: 10, cpus: 0-1 }, console: { serial: { path: /dev/ttyAMA0 } } }' > /data/router.yaml; sync; exit",
    );
    await machine.hears(/Non-Stop Router, serial console/, BOOT);
    // With a real-time priority, for which the board has the programs: without them nothing would start.
    t.equal(await machine.version('TIMER'), '2.0.0');
  },
);
