import { encodeAgtype } from '#libs/graph';
import { ACCESS, databaseWithAccess } from '../access-stage.mjs';
import { ApiClient, PROJECTS } from '../api-client.mjs';
import { callsInTurn, quantile } from '../load.mjs';
import { withClient } from '../native.mjs';
import { ADMIN, startApi } from '../processes.mjs';
import { ms } from '../report.mjs';
import { recording } from '../statements.mjs';

const EVALUATION_BAR_MS = 3;
const EXPLAIN_BAR_MS = 50;

export const row = {
  order: 64,
  title: `permissions among ${ACCESS.users} users, ${ACCESS.groups} groups, ${ACCESS.roles} roles and ${ACCESS.grants} grants`,
  needs: 'native',
  async measure({ native, timing }) {
    const seeded = await databaseWithAccess(native);
    const evaluated = await evaluations({ ...native, ...seeded }, timing.calls);
    const api = await startApi({ databaseUrl: seeded.url, redisUrl: native.redisUrl });
    try {
      const admin = await ApiClient.signIn(api.url, ADMIN);
      const { callers, permissions } = seeded;
      const questions = (make) =>
        callers.map(([, user, project], index) => make(user, project, permissions[index % permissions.length]));
      const [explained, who, what] = await callsInTurn(
        admin,
        [
          questions(
            (user, project, name) =>
              `/api/permissions/explain?principal=user:${user}&permission=${name}&resource=project:${project}`,
          ),
          questions(
            (_user, project, name) => `/api/permissions/who-can?permission=${name}&resource=project:${project}`,
          ),
          questions((user) => `/api/permissions/what-can?principal=user:${user}`),
        ],
        timing.calls,
      );
      return [
        line('all permissions of a caller, and grants on a project, evaluated anew', evaluated, EVALUATION_BAR_MS),
        line('explain', explained, EXPLAIN_BAR_MS),
        line('who-can, first page', who),
        line('what-can, first page', what),
      ];
    } finally {
      await api.stop();
    }
  },
};

/** The statement of a caller of whom nothing is known yet, as the api sends it, asked for one caller after another. */
async function evaluations({ url, redisUrl, callers }, calls) {
  const [{ statements }] = await recording({ databaseUrl: url, redisUrl }, async (record, client) => {
    await record('first request', undefined, () => client.get(`${PROJECTS}/${callers[0][2]}`));
  });
  const { text, values } = statements.find((statement) => statement.text.includes('resource_grant'));
  // $1 is the session, $5 its user, $6 the resource; $3 is the version that permissions are known for: of none.
  const valuesOf = ([session, user, project]) =>
    values.map(
      (value, index) =>
        ({ 0: encodeAgtype(session), 2: '0', 4: encodeAgtype(user), 5: encodeAgtype(project) })[index] ?? value,
    );
  const times = [];
  await withClient(url, async (client) => {
    await client.query('set jit = off');
    for (let call = 0; call < calls + 20; call += 1) {
      const started = performance.now();
      const { rows } = await client.query({ name: 'evaluate', text, values: valuesOf(callers[call % callers.length]) });
      if (rows.length !== 1 || rows[0].permissions === null) throw new Error('a caller was not evaluated');
      if (call >= 20) times.push(performance.now() - started);
    }
  });
  times.sort((left, right) => left - right);
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) };
}

function line(work, { p50, p95 }, bar) {
  return {
    work: `access: ${work}`,
    ours: `p50 ${ms(p50)}, p95 ${ms(p95)}`,
    ...(bar === undefined ? {} : { ratio: p95 / bar, bar: `p95 ≤ ${ms(bar)}`, met: p95 <= bar }),
  };
}
