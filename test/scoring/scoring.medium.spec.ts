import { afterAll, beforeAll, describe } from '@jest/globals';
import { debounceCases } from './debounce.cases.js';
import { policyCases } from './policies.cases.js';
import { recomputeCases } from './recompute.cases.js';
import { scoreCases } from './scores-api.cases.js';
import { type ScoringWorld, scoringWorld } from './scoring-world.js';

// One product for all of them: it takes its time to start.
let world: ScoringWorld;

beforeAll(async () => {
  world = await scoringWorld({ IMBI_SCORING_BATCH: '5' });
  // It starts a product with all its engines, on whatever else the machine has to do.
}, 180_000);
afterAll(() => world?.close());

const open = () => world;

describe('policies', () => policyCases(open));
describe('recomputation', () => recomputeCases(open));
describe('answers', () => scoreCases(open));
describe('debouncing', () => debounceCases(open));
