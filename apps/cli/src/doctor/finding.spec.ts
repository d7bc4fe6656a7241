import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '#libs/config';
import { fail, findingLine, ok } from './finding.js';
import { secretsOf, shownUrl } from './secrets.js';

describe('findingLine', () => {
  it('says what was found and what to do in one line', () => {
    expect(findingLine(ok('node', '24.21.0'), [])).toBe('ok   node: 24.21.0');
    expect(findingLine(fail('jobs', 'no\n  answer', 'start it'), [])).toBe('FAIL jobs: no answer — start it');
  });

  it('shows no secret, whatever an engine’s error says', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://imbi:hunter%402hunter@db:5432/imbi',
      S3_SECRET_ACCESS_KEY: 's3cret-key',
      IMBI_BOOTSTRAP_ADMIN_PASSWORD: 'Correct-Horse-9-Battery',
    });
    const error = 'postgresql://imbi:hunter%402hunter@db and hunter@2hunter and s3cret-key and Correct-Horse-9-Battery';
    expect(findingLine(fail('x', error, 'y'), secretsOf(config))).toBe(
      'FAIL x: postgresql://imbi:***@db and *** and *** and *** — y',
    );
    expect(shownUrl('postgresql://imbi:hunter2@db:5432/imbi')).toBe('postgresql://db:5432/imbi');
  });
});
