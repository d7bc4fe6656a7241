import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '#libs/common';
import { type SampleGraph, sampleDefinitions, sampleGraph } from '../test/sample-graph.js';
import { defineEdge, defineVertex, ensureLabels, Graph, GraphModel, property, verifyGraphSchema } from './index.js';

let sample: SampleGraph;

beforeAll(async () => {
  sample = await sampleGraph();
});

afterAll(async () => {
  await sample.close();
});

it('finds nothing to say about a database made from the definitions', async () => {
  expect(await verifyGraphSchema(sample.db, sample.graph.model)).toEqual({ missing: [], unexpected: [] });
});

it('names what is missing and what is there without being declared', async () => {
  const [organization, team] = sampleDefinitions;
  const Runbook = defineVertex('Runbook', { properties: { slug: property.slug() }, unique: [['slug']] });
  const model = new GraphModel([organization, team, Runbook]);
  const { missing, unexpected } = await verifyGraphSchema(sample.db, model);
  expect(missing).toEqual([
    'vertex label Runbook',
    'index on Runbook (graphid)',
    'unique index on Runbook (id)',
    'unique index on Runbook (slug)',
  ]);
  expect(unexpected).toContain('edge label DEPENDS_ON');
  expect(unexpected).toContain('unique index on Project (organization_id, slug)');
});

it('makes labels that are declared at run time, once, however many processes want them', async () => {
  const Service = defineVertex('AwsService', {
    properties: { organization_id: property.id(), arn: property.text() },
    unique: [['arn']],
  });
  const RunsOn = defineEdge('RUNS_ON', { from: 'any', to: Service });
  const made = await Promise.all([1, 2, 3].map(() => ensureLabels(sample.db, [Service, RunsOn])));
  expect(made.filter((statements) => statements.length > 0)).toHaveLength(1);
  const model = new GraphModel([...sampleDefinitions, Service, RunsOn]);
  expect((await verifyGraphSchema(sample.db, model)).missing).toEqual([]);
  const graph = new Graph(sample.db, model);
  const stored = await graph.transaction((tx) => tx.insert(Service, { organization_id: newId(), arn: 'arn:1' }));
  expect(await graph.read.find(Service, { arn: 'arn:1' })).toEqual(stored);

  const WithIndex = defineVertex('AwsService', {
    properties: { organization_id: property.id(), arn: property.text() },
    unique: [['arn']],
    indexes: [['organization_id', 'arn']],
  });
  expect(await ensureLabels(sample.db, [WithIndex])).toHaveLength(1);
  expect(await ensureLabels(sample.db, [WithIndex])).toEqual([]);
});
