import { section, setting } from '../setting.js';

const HOUR = 3600;
const DAY = 86_400;
const TEN_YEARS = 315_360_000;

export const retentionSection = section('retention', 'Retention', {
  sessions: setting.duration({
    env: 'IMBI_RETENTION_SESSIONS',
    default: 30 * DAY,
    min: HOUR,
    max: TEN_YEARS,
    description:
      'How long sessions are kept after they ended, and refresh tokens after they were spent: for so long one that comes ' +
      'back is known to be stolen.',
    example: '30d',
  }),
  deadLetters: setting.duration({
    env: 'IMBI_RETENTION_DEAD_LETTERS',
    default: 90 * DAY,
    min: HOUR,
    max: TEN_YEARS,
    description: 'How long jobs that failed for good wait for somebody to look at them.',
    example: '90d',
  }),
  failedMails: setting.duration({
    env: 'IMBI_RETENTION_FAILED_MAILS',
    default: 90 * DAY,
    min: HOUR,
    max: TEN_YEARS,
    description: 'How long mails that could not be delivered wait for somebody to retry them.',
    example: '90d',
  }),
});
