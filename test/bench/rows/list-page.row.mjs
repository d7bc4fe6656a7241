import { againstBaseline } from '../against-baseline.mjs';

export const row = {
  order: 20,
  title: 'list page of 50 with relations against a bare Fastify route returning 50 rows',
  needs: 'graphs',
  measure: (bench) =>
    againstBaseline(bench, {
      work: 'list page of 50',
      bar: 0.4,
      ours: ({ paths }) => paths.list,
      bare: () => ['/projects'],
    }),
};
