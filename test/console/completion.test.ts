import t from 'tap';
import { COMMANDS } from '../../firmware/console/commands/all.ts';
import { complete } from '../../firmware/console/completion.ts';
import { FakeRuntime } from './fixtures/fake-router.ts';

const runtime = new FakeRuntime();
const offers = (typed: string) => complete(typed, COMMANDS, runtime)[0];

t.test('commands are completed from their beginnings, in any case', async (t) => {
  t.same(complete('rep', COMMANDS, runtime), [['replace '], 'rep']);
  t.same(complete('SY', COMMANDS, runtime), [['syn_replace '], 'SY']);
  t.same(offers('show u'), ['upgrades', 'upgrade']);
  t.same(offers('show ver'), ['versions', 'version']);
  t.ok(offers('').includes('show') && offers('').includes('quit'));
  t.same(offers('show modules '), [], 'nothing follows a whole command');
  t.same(offers('xyzzy '), []);
});

t.test('module names are completed where a module belongs', async (t) => {
  t.same(offers('replace '), ['TIMER', 'IP', 'OSPF', 'VRRP']);
  t.same(offers('disable o'), ['OSPF ']);
  t.same(offers('syn_replace OSPF ospf@2.0.0 v'), ['VRRP ']);
});

t.test('bundles are completed by name and by version, of the module before them', async (t) => {
  t.same(complete('replace ip ', COMMANDS, runtime), [['ip@1.0.0', 'ip@1.1.0', 'ip@2.0.0'], '']);
  t.same(complete('replace ip IP@2', COMMANDS, runtime), [['ip@2.0.0 '], 'IP@2']);
  t.same(offers('syn_replace OSPF ospf@2.0.0 IP ip@1'), ['ip@1.0.0', 'ip@1.1.0']);
  t.equal(offers('load ').length, 1 + 12, 'load takes any, and a configuration');
  t.same(offers('load vrrp@2'), ['vrrp@2.0.0 ']);
});

t.test('faults and hooks are completed, where they may stand, and only in the lab', async (t) => {
  t.same(offers('fault IP '), ['busy', 'spin', 'throw', 'refuse']);
  t.same(offers('fault IP spin '), ['isQuiescent', 'state', 'configure', 'vote', 'start', 'apply', 'stop']);
  t.same(offers('fault IP throw isq'), ['isQuiescent ']);
  t.same(offers('fault IP refuse '), []);
  t.same(offers('fault IP busy '), [], 'a duration is for the person to choose');
  const outside = new FakeRuntime();
  outside.faults = undefined;
  t.same(complete('fau', COMMANDS, outside)[0], []);
});

t.test('help, the numbers of transactions and --json are completed', async (t) => {
  t.same(offers('help sett'), ['settimer ']);
  t.same(offers('help show mon'), ['monitors ']);
  t.same(offers('show modules --'), ['--json ']);
  t.same(offers('--json show mod'), ['modules ']);
  const after = new FakeRuntime();
  await after.run([{ change: 'disable', module: 'IP' }], { command: 'disable IP', by: 'host' });
  t.same(complete('show upgrade ', COMMANDS, after)[0], ['1 ']);
});

t.test('interfaces of the host are completed', async (t) => {
  t.ok(offers('show interfaces ').includes('lo'));
  t.same(offers('show interfaces lo '), []);
});

t.test('nothing is offered inside of a quote or a comment', async (t) => {
  t.same(offers('load "ip'), []);
  t.same(offers('show # mod'), []);
});

t.test(
  'options are offered where the arguments are given, each once, and then their own words',
  async (t) => {
    t.same(offers('replace IP ip@2.0.0 '), ['confirm', 'retry', 'force']);
    t.same(offers('replace IP ip@2.0.0 confirm '), [], 'a duration is for the person to choose');
    t.same(offers('replace IP ip@2.0.0 confirm 60s '), ['retry', 'force']);
    t.same(offers('replace IP ip@2.0.0 confirm 60s RETRY 3 '), ['every ']);
    t.same(offers('replace IP ip@2.0.0 retry 3 every 10s c'), ['confirm ']);
    t.same(offers('replace IP ip@2.0.0 retry 3 every 10s confirm 1s '), ['force ']);
    t.same(offers('replace IP ip@2.0.0 force retry 3 every 10s confirm 1s '), []);
    t.same(offers('replace IP confirm'), [], 'not in the place of an argument');
    t.same(offers('syn_replace OSPF ospf@2.0.0 '), [
      'TIMER',
      'IP',
      'OSPF',
      'VRRP',
      'confirm',
      'retry',
      'force',
    ]);
    t.same(offers('syn_replace '), ['TIMER', 'IP', 'OSPF', 'VRRP'], 'nor before the first');
    t.same(offers('syn_replace OSPF ospf@2.0.0 vrrp '), ['vrrp@1.0.0', 'vrrp@1.1.0', 'vrrp@2.0.0']);
    t.same(offers('remove vrrp '), ['confirm', 'retry', 'force']);
    t.same(offers('rollback '), ['configuration', 'checkpoint', 'force']);
    t.same(offers('check replace IP ip@2.0.0 '), [], 'a dry run has none');
  },
);

t.test('add offers modules that do not run, and then their bundles', async (t) => {
  const without = new FakeRuntime();
  const all = without.modules();
  without.modules = () => all.filter(({ name }) => name !== 'VRRP');
  const candidates = (typed: string) => complete(typed, COMMANDS, without)[0];
  t.same(candidates('add '), ['VRRP ']);
  t.same(candidates('add vrrp '), ['vrrp@1.0.0', 'vrrp@1.1.0', 'vrrp@2.0.0']);
  t.same(candidates('add vrrp vrrp@2.0.0 f'), ['from', 'force']);
  t.same(candidates('check add v'), ['VRRP ']);
  t.same(offers('add '), [], 'all of them run');
});

t.test('the changes of an upgrade are completed one by one', async (t) => {
  t.same(offers('upgrade '), ['replace', 'add', 'remove']);
  t.same(offers('upgrade replace IP ip@2.0.0, '), ['replace', 'add', 'remove']);
  t.same(complete('upgrade replace IP ip@2.0.0,', COMMANDS, runtime), [['replace', 'add', 'remove'], '']);
  t.same(complete('upgrade replace IP ip@2.0.0,rem', COMMANDS, runtime), [['remove '], 'rem']);
  t.same(offers('upgrade replace IP ip@2.0.0, remove v'), ['VRRP ']);
  t.same(offers('upgrade remove VRRP, replace ip ip@2'), ['ip@2.0.0 ']);
  t.same(offers('upgrade remove VRRP '), ['force', 'confirm', 'retry']);
  t.same(offers('upgrade repalce '), []);
  t.same(offers('check upgrade remove VRRP, re'), ['replace', 'remove']);
  t.same(offers('check upgrade remove VRRP '), ['force ']);
  t.same(offers('check '), ['replace', 'syn_replace', 'add', 'remove', 'upgrade', 'commit']);
  t.same(offers('show st'), ['state ']);
  t.same(offers('show state o'), ['OSPF ']);
  t.same(offers('show state OSPF '), []);
});
