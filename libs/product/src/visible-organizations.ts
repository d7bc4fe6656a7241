import { Injectable } from '@nestjs/common';
import { AccessibleOrganizations, currentAuth, Principals } from '#libs/auth';
import { type ChangeVisibility, Organization, type VisibleOrganization } from '#libs/catalog';
import { DomainError } from '#libs/common';
import { Graph } from '#libs/graph';

const MAX_FOLLOWED = 500;

interface Named {
  readonly id: string;
  readonly slug: string;
}

/** In which organizations the caller may do what: asked anew for each of them, as at each of their addresses. */
@Injectable()
export class VisibleOrganizations implements ChangeVisibility {
  constructor(
    private readonly graph: Graph,
    private readonly accessible: AccessibleOrganizations,
    private readonly principals: Principals,
  ) {}

  async organizations(slug?: string): Promise<readonly VisibleOrganization[]> {
    const auth = currentAuth();
    if (!auth) return [];
    const named = slug === undefined ? await this.all() : await this.one(slug);
    const found = await Promise.all(named.map((organization) => this.look(auth.subject, organization)));
    return found.filter((one) => one !== undefined);
  }

  private async look(
    subject: Parameters<Principals['resolve']>[0],
    { id, slug }: Named,
  ): Promise<VisibleOrganization | undefined> {
    const there = await this.principals.resolve(subject, { organization: slug });
    if (!there || there.organizationId !== id || there.lacksSecondFactor) return undefined;
    return { id, slug, may: (permission) => there.can(permission) };
  }

  private async one(slug: string): Promise<readonly Named[]> {
    const found = await this.graph.read.find(Organization, { slug });
    return found && found.deletion_id === null ? [found] : [];
  }

  private async all(): Promise<readonly Named[]> {
    const { ids } = await this.accessible.visible();
    const { items } = await this.graph.read.list(Organization, {
      where: { deletion_id: null, ...(ids === 'all' ? {} : { id: { in: [...ids] } }) },
      order: [['slug', 'asc']],
      limit: MAX_FOLLOWED + 1,
    });
    if (items.length <= MAX_FOLLOWED) return items;
    throw new DomainError(
      'invalid_parameters',
      'malformed',
      `There are more than ${MAX_FOLLOWED} organizations to follow; name one by "organization".`,
    );
  }
}
