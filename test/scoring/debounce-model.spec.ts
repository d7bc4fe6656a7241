import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DebounceModel, type Rule } from './debounce-model.js';

const RUNS = Number(process.env['IMBI_TEST_INTERLEAVINGS'] ?? 5000);

function isLost(rule: Rule, steps: readonly number[]): boolean {
  const model = new DebounceModel(rule);
  for (const step of steps) model.step(step);
  model.settle();
  return model.scored !== model.value;
}

const steps = fc.array(fc.nat({ max: new DebounceModel('while one is waiting or running').stepCount - 1 }), {
  maxLength: 60,
  size: 'max',
});

describe('a trailing debounce', () => {
  it(`has the last change counted, whatever ${RUNS} orders of steps and deaths do`, () => {
    fc.assert(
      fc.property(steps, (order) => {
        expect(isLost('only for a newer one that nobody touched', order)).toBe(false);
      }),
      { numRuns: RUNS },
    );
  });

  it('would lose changes if a job were dropped while another one is waiting or running: so the model can tell', () => {
    const lost = fc.check(
      fc.property(steps, (order) => !isLost('while one is waiting or running', order)),
      { numRuns: RUNS },
    );
    expect(lost.failed).toBe(true);
  });
});
