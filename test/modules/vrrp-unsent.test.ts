/** What does not leave is told: in the log with the kernel's reason, in what is shown, and to the probation. */
import t from 'tap';
import { active, type ServedVrrp } from './vrrp-router.ts';

function ticks(vrrp: ServedVrrp, count: number, from = 0): void {
  for (let tick = from; tick < from + count; tick++) {
    vrrp.ctx.time += 1000;
    vrrp.tick(tick);
  }
}

t.test('the log has the reason at once, then ever more rarely, and the end of it', async (t) => {
  const vrrp = active();
  vrrp.ctx.takeLog('warn');
  vrrp.ctx.portResult = 'down';
  ticks(vrrp, 1);
  t.match(vrrp.ctx.takeLog('warn'), [
    /^virtual router 51 on r0: advertisements do not leave, so other routers will become Active as well: Operation not permitted \(1 in a row\)$/,
  ]);
  ticks(vrrp, 100, 1);
  const lines = vrrp.ctx.takeLog('warn');
  t.ok(lines.length >= 2 && lines.length <= 4, `${lines.length} lines for 100`);
  vrrp.ctx.portResult = 'sent';
  ticks(vrrp, 2, 101);
  t.match(vrrp.ctx.takeLog('info'), [/advertisements leave again, after 101 that did not/]);
});

t.test('show vrrp says that nothing leaves and why, as long as it is so', async (t) => {
  const vrrp = active();
  Object.assign(vrrp.ctx, { portResult: 'full', portReason: 'No buffer space available' });
  ticks(vrrp, 2);
  t.match(vrrp.ask('virtualRouters'), [{ problem: 'not sent: No buffer space available (2 in a row)' }]);
  vrrp.ctx.portResult = 'sent';
  ticks(vrrp, 1, 2);
  t.match(vrrp.ask('virtualRouters'), [{ problem: '' }]);
});

t.test('on probation outputs are held and told to be sent: the port knows better', async (t) => {
  const vrrp = active();
  vrrp.ctx.failure = { reason: 'Operation not permitted', inARow: 3 };
  t.match(vrrp.module.isHealthy(), /could not be sent: Operation not permitted/);
  vrrp.ctx.failure = undefined;
  t.equal(vrrp.module.isHealthy(), true);
});

t.test('a port that does not say why is told to be down', async (t) => {
  const vrrp = active();
  Object.assign(vrrp.ctx, { portFailure: () => undefined, portResult: 'down' });
  ticks(vrrp, 3);
  t.match(vrrp.module.isHealthy(), /could not be sent: the port is down/);
});

t.test('a port that flaps writes no line for each packet', async (t) => {
  const vrrp = active();
  vrrp.ctx.logged.length = 0;
  for (let tick = 0; tick < 1000; tick++) {
    vrrp.ctx.portResult = tick % 2 === 0 ? 'down' : 'sent';
    vrrp.tick(tick);
  }
  t.ok(vrrp.ctx.logged.length <= 4, `${vrrp.ctx.logged.length} lines`);
});
