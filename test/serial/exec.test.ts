import type { Test } from 'tap';
import t from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { exec } from '../../firmware/console/client.ts';
import { serveSerialDevice } from '../../firmware/console/serial.ts';
import { FakeHost } from '../console/fixtures/fake-router.ts';
import { Text } from '../console/fixtures/text.ts';
import { type Faults, Relay, skip } from './relay.ts';

/** A router of memory at one end of a bad line. */
async function routerBehind(
  t: Test,
  faults: Partial<Faults> = {},
): Promise<{ relay: Relay; host: FakeHost }> {
  const relay = await Relay.open(t, faults);
  const host = new FakeHost();
  const device = { path: relay.router, open: () => openSerial(relay.router, 115_200), tell: () => {} };
  const serving = await serveSerialDevice(host, device);
  t.teardown(() => serving.close());
  return { relay, host };
}

async function executed(command: string, path: string, json = false) {
  const [output, errors] = [new Text(), new Text()];
  const status = await exec(command, { path, output, errors, json });
  return { status, output: output.text, errors: errors.text };
}

t.test('exec through a serial line says what it says through a socket', { skip }, async (t) => {
  const { relay, host } = await routerBehind(t, { pace: 11_520 });
  t.same(await executed('settimer 3', relay.host), {
    status: 0,
    output: 'preparation time 3s\n',
    errors: '',
  });
  const replaced = await executed('replace IP ip@2.0.0', relay.host);
  t.match(replaced, { status: 0, output: /^-----\nIP V1: disable\.\.\n[\s\S]*transaction 1 committed/ });
  t.equal(host.runtime.calls[0]?.origin.by, 'serial');
  t.match(await executed('shwo', relay.host), { status: 1, errors: /^COMMAND_UNKNOWN: / });
  const json = await executed('show modules', relay.host, true);
  t.equal(JSON.parse(json.output).data.length, 4);
});

t.test(
  'on a line that flips bits and loses bytes exec gives the right answer, and each command is carried out once',
  { skip, timeout: 90_000 },
  async (t) => {
    const { relay, host } = await routerBehind(t, { pace: 11_520, flips: 0.001, stalls: 0.002, stall: 6 });
    const bad = () => relay.toRouter.flipped > 0 && relay.toRouter.lost > 0;
    for (let i = 1; i <= 6 || (i <= 60 && !bad()); i++) {
      const result = await executed(`settimer ${i}`, relay.host);
      t.same(result, { status: 0, output: `preparation time ${i}s\n`, errors: '' });
      t.equal(host.runtime.preparation, i * 1000);
    }
    const versions = await executed('show versions', relay.host, true);
    t.same(JSON.parse(versions.output).data, host.runtime.versions());
    t.same((await executed('disable OSPF', relay.host)).status, 0);
    t.equal(host.runtime.calls.length, 1);
    t.ok(relay.toRouter.flipped > 0 && relay.toRouter.lost > 0, 'the line was bad');
  },
);

t.test(
  'on a line that is nothing but noise exec says so, and nothing is carried out',
  { skip },
  async (t) => {
    const { relay, host } = await routerBehind(t, { flips: 0.4 });
    const result = await executed('disable OSPF', relay.host);
    t.match(result, { status: 2, output: '', errors: /^CONSOLE_(UNREACHABLE|LOST): / });
    t.equal(host.runtime.calls.length, 0);
  },
);

t.test(
  'a line that is cut while a command runs is reported, and the command not sent again',
  { skip, timeout: 90_000 },
  async (t) => {
    const { relay, host } = await routerBehind(t);
    host.runtime.takes = 500;
    const running = executed('replace IP ip@2.0.0', relay.host);
    while (host.runtime.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    relay.cut = true;
    t.match(await running, { status: 2, errors: /^CONSOLE_LOST: .*line is cut/ });
    relay.cut = false;
    t.same(await executed('settimer 4', relay.host), {
      status: 0,
      output: 'preparation time 4s\n',
      errors: '',
    });
    t.equal(host.runtime.calls.length, 1);
  },
);

t.test('a device that is unplugged is served again when it is back', { skip }, async (t) => {
  const { relay } = await routerBehind(t);
  t.equal((await executed('settimer 4', relay.host)).status, 0);
  for (let i = 0; i < 2; i++) {
    await relay.unplug(relay.router);
    await relay.plug(relay.router);
    t.same(await executed('settimer 5', relay.host), {
      status: 0,
      output: 'preparation time 5s\n',
      errors: '',
    });
  }
});
