import { ApiClient } from '../api-client.mjs';
import { alternate, medians, ratio } from '../load.mjs';
import { rate } from '../report.mjs';
import { CALLER } from '../seed.mjs';

const BAR = 0.9;

export const row = {
  order: 15,
  title: 'GET project with an API key against the same with an access token',
  needs: 'graphs',
  async measure({ graphs, timing }) {
    const [graph] = graphs;
    const { key } = JSON.parse(
      await graph.client.send('POST', '/api/me/api-keys', {
        name: `bench ${new Date().toISOString()}`,
        scopes: ['project:read'],
        password: CALLER.password,
      }),
    );
    const token = graph.ours(graph.paths.one);
    const byKey = { ...token, headers: new ApiClient(graph.api.url, key).headers };
    const [keys, tokens] = await alternate([byKey, token], timing);
    const share = ratio(keys, tokens, 'perSecond');
    return [
      {
        work: 'GET project with an API key, against a token',
        projects: graph.projects,
        ours: rate(medians(keys)),
        yardstick: rate(medians(tokens)),
        ratio: share,
        bar: `≥ ${BAR}`,
        met: share >= BAR,
      },
    ];
  },
};
