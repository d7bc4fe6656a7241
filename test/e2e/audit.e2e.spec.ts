import { describe, expect, it } from '@jest/globals';
import {
  type AuditEvent,
  createTeam,
  createUser,
  exportAuditEvents,
  exportOrganizationAuditEvents,
  giveUserRole,
  items,
  jsonLines,
  listAuditEvents,
  listOrganizationAuditEvents,
} from '#sdk';
import { newOrganization, product } from '#test/product';

const { client } = product();
const strict = { client, throwOnError: true } as const;

/** Events arrive seconds after what they describe. */
async function eventually<Result>(ask: () => Promise<Result>, isThere: (result: Result) => boolean): Promise<Result> {
  for (const until = Date.now() + 20_000; ; ) {
    const result = await ask();
    if (isThere(result)) return result;
    if (Date.now() > until) throw new Error(`it did not come to pass: ${JSON.stringify(result)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isMail({ action }: AuditEvent): boolean {
  return action.startsWith('user.email_verification.');
}

async function all(stream: unknown): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const event of jsonLines<AuditEvent>(stream)) events.push(event);
  return events;
}

describe('the audit log of a running product', () => {
  it('shows what was done, in lists and exports, for the installation and for one organization', async () => {
    const org = await newOrganization('audit');
    const email = `${org}@example.org`;
    const { data: user } = await createUser({
      ...strict,
      body: { email, display_name: 'Audited', password: 'Analytical-Engine-1843' },
    });
    await giveUserRole({ ...strict, path: { id: user.id, role: 'viewer' }, query: { organization: org } });
    const ofUser = { 'filter[resource_id]': { eq: user.id } };
    const listed = await eventually(
      async () => {
        const found: AuditEvent[] = [];
        for await (const event of items((cursor) =>
          listAuditEvents({ ...strict, query: { ...ofUser, limit: 1, cursor } }),
        )) {
          found.push(event);
        }
        return found;
      },
      (found) => found.length === 3,
    );
    // The mail that asks the new user for a proof of the address is a job, so it stands anywhere after the creation.
    const [mails, others] = [listed.filter(isMail), listed.filter((event) => !isMail(event))];
    expect(mails.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['user.email_verification.sent', 'success'],
    ]);
    expect(others.map(({ action, outcome }) => [action, outcome])).toEqual([
      ['user.role.assign', 'success'],
      ['user.create', 'success'],
    ]);
    const { data } = await exportAuditEvents({ ...strict, query: ofUser, parseAs: 'stream' });
    expect(await all(data)).toEqual(listed);
    const query = { action_prefix: 'user.role.' };
    const { data: page } = await listOrganizationAuditEvents({ ...strict, path: { org }, query });
    expect(page.items).toEqual(others.slice(0, 1));
    const stream = { parseAs: 'stream', path: { org }, query } as const;
    const { data: own } = await exportOrganizationAuditEvents({ ...strict, ...stream });
    expect(await all(own)).toEqual(page.items);
  });

  it('shows what was refused', async () => {
    const stranger = await fetch(`${product().url}/api/me`, {
      headers: { authorization: 'Bearer nonsense', 'user-agent': 'audit-e2e' },
    });
    expect(stranger.status).toBe(401);
    const { error } = await createTeam({ client, path: { org: 'not-there' }, body: { slug: 'x', name: 'X' } });
    expect(error).toBeDefined();
    const query = { 'filter[action]': { eq: 'auth.authenticate' }, 'filter[reason]': { eq: 'invalid_credential' } };
    const { items: events } = await eventually(
      async () => (await listAuditEvents({ ...strict, query })).data,
      (page) => page.items.length > 0,
    );
    expect(events[0]).toMatchObject({ outcome: 'failure', actor: { kind: 'anonymous' } });
  });
});
