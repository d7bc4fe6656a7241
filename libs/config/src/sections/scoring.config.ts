import { section, setting } from '../setting.js';

export const scoringSection = section('scoring', 'Scoring', {
  debounce: setting.duration({
    env: 'IMBI_SCORING_DEBOUNCE',
    default: 5,
    min: 0.01,
    max: 3600,
    description: 'How long a project, or a set of policies, must rest after a change before scores are computed anew.',
    example: '5s',
  }),
  batch: setting.integer({
    env: 'IMBI_SCORING_BATCH',
    default: 500,
    min: 1,
    max: 5000,
    unit: 'projects',
    description: 'Projects that are scored at once when many are: with one read, one insert and one update.',
  }),
  share: setting.integer({
    env: 'IMBI_SCORING_SHARE',
    default: 50,
    min: 10,
    max: 100,
    unit: 'percent',
    description:
      'How much of the time a run over many projects works. For the rest it leaves processors and database to others.',
  }),
});
