import { migration } from '#libs/database';

export const mfaMigrations = [
  migration('auth/0008_mfa', (m) => {
    for (const label of ['TotpSecret', 'BackupCode']) {
      m.vertex(label);
      m.index(label, ['user_id']);
    }
    m.edge('MFA_FOR', { unique: 'start' });
  }),
];
