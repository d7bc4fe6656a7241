import { againstBaseline } from '../against-baseline.mjs';

export const row = {
  order: 10,
  title: 'GET project (authenticated, with team, types, environments) against a bare Fastify route',
  needs: 'graphs',
  measure: (bench) =>
    againstBaseline(bench, {
      work: 'GET project',
      bar: 0.5,
      ours: ({ paths }) => paths.one,
      bare: ({ paths }) => paths.one.map((path) => `/projects/${path.split('/').at(-1)}`),
    }),
};
