import { Script } from 'node:vm';
import t from 'tap';
import { validatorOf } from '../../firmware/config/validation.ts';

/** A schema that counts how often it is looked at, and hangs at one of these times. */
function hanging(at: number) {
  const looks = { count: 0 };
  const schema = {
    type: 'object',
    get properties() {
      if (++looks.count === at) for (;;);
      return { cost: { type: 'integer' } };
    },
  };
  return { schema, looks };
}

t.test('a schema is taken after a guard has cut what compiled it, wherever that was', async (t) => {
  const { schema, looks } = hanging(0);
  validatorOf(schema);
  t.ok(looks.count > 1, `${looks.count} looks`);
  const script = new Script('compiled()');
  t.teardown(() => Reflect.deleteProperty(globalThis, 'compiled'));
  for (let at = 1; at <= looks.count; at++) {
    const { schema } = hanging(at);
    Object.assign(globalThis, { compiled: () => validatorOf(schema) });
    t.throws(() => script.runInThisContext({ timeout: 50 }), { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' });
    const validate = validatorOf(schema);
    t.ok(validate({ cost: 1 }));
    t.notOk(validate({ cost: 'much' }));
  }
});
