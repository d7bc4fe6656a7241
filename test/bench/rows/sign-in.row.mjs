import path from 'node:path';
import { everyCaller, post } from '../callers.mjs';
import { backendsOf } from '../graph-stage.mjs';
import { median, medians } from '../load.mjs';
import { startApi } from '../processes.mjs';
import { ms } from '../report.mjs';
import { CALLERS } from '../seed.mjs';

const PROBE = path.join(import.meta.dirname, '../lag-probe.mjs');
const LAG_BAR_MS = 50;
const REFRESHES_BAR = 300;

export const row = {
  order: 62,
  title: 'signing in: 50 people at once by their passwords, and refreshes',
  needs: 'graphs',
  async measure({ graphs, timing }) {
    const [{ projects, writesUrl, redisUrl }] = graphs;
    const api = await startApi({
      databaseUrl: writesUrl,
      redisUrl,
      nodeOptions: ['--import', PROBE],
      ipc: true,
      env: { IMBI_TRUSTED_PROXIES: '127.0.0.1' },
    });
    const lag = () =>
      new Promise((resolve) => {
        api.child.once('message', ({ p99 }) => resolve(p99));
        api.child.send('take');
      });
    try {
      const tokens = new Map();
      const exchange = async (caller, path, body) => {
        const url = `${api.url}/api/auth/${path}`;
        // Each from an address of their own, as people are.
        const { status, body: answer } = await post(url, body, `10.0.0.${CALLERS.indexOf(caller)}`);
        if (status !== 200) throw new Error(`${url}: ${status} ${JSON.stringify(answer)}`);
        tokens.set(caller, answer.refresh_token);
      };
      const signIn = (caller) => exchange(caller, 'login', caller);
      const refresh = (caller) => exchange(caller, 'refresh', { refresh_token: tokens.get(caller) });
      await Promise.all(CALLERS.map(signIn));
      const pids = { pids: [api.pid], findDatabasePids: () => backendsOf(writesUrl, 'imbi') };
      const logins = [];
      const lags = [];
      const refreshes = [];
      for (let round = 0; round < timing.rounds; round += 1) {
        await lag();
        logins.push(await everyCaller(CALLERS, signIn, { seconds: timing.seconds, ...pids }));
        lags.push(await lag());
        refreshes.push(await everyCaller(CALLERS.slice(0, 20), refresh, { seconds: timing.seconds, ...pids }));
      }
      return linesOf({ projects, logins, lags, refreshes });
    } finally {
      await api.stop();
    }
  },
};

function linesOf({ projects, logins, lags, refreshes }) {
  const lag = median(lags);
  const login = medians(logins);
  const refresh = medians(refreshes);
  const perCore = 1_000_000 / (refresh.serverCpu + refresh.databaseCpu);
  return [
    {
      work: 'password logins, 50 at once',
      projects,
      ours: `${login.perSecond.toFixed(1)}/s, CPU ${ms(login.serverCpu / 1000)} + ${ms(login.databaseCpu / 1000)}`,
    },
    {
      work: 'lag of the event loop meanwhile, p99',
      projects,
      ours: `${ms(lag)}, worst round ${ms(Math.max(...lags))}`,
      ratio: lag / LAG_BAR_MS,
      bar: `< ${LAG_BAR_MS} ms`,
      met: lag < LAG_BAR_MS,
    },
    {
      work: 'refreshes, 20 at once',
      projects,
      ours: `${Math.round(refresh.perSecond)}/s, CPU ${ms(refresh.serverCpu / 1000)} + ${ms(refresh.databaseCpu / 1000)}: ${Math.round(perCore)}/s of a whole core`,
      ratio: perCore / REFRESHES_BAR,
      bar: `≥ ${REFRESHES_BAR}/s of a core`,
      met: perCore >= REFRESHES_BAR,
    },
  ];
}
