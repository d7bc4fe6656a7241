import { migration } from '#libs/database';

export const grantMigrations = [
  migration('auth/0011_grants', (m) => {
    m.edge('CAN_ACCESS');
  }),
];
