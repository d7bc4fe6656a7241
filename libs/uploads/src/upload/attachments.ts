import { Injectable } from '@nestjs/common';
import { currentAuth } from '#libs/auth';
import { DomainError, invalid } from '#libs/common';
import { Graph, type GraphTransaction, type VertexDefinition } from '#libs/graph';
import { invalidParameters } from '#libs/http';

/** The entity that an upload is to be attached to. */
export interface AttachmentTarget {
  readonly definition: VertexDefinition;
  readonly id: string;
}

/** What the catalogue keeps that files can be attached to, by the name of its label. */
export const ATTACHABLE = [
  'Organization',
  'Team',
  'ProjectType',
  'Environment',
  'LinkDefinition',
  'Tag',
  'Project',
] as const;

@Injectable()
export class Attachments {
  constructor(private readonly graph: Graph) {}

  /** @throws DomainError `invalid_parameters` where only half of it is said */
  target(query: { attach_to_kind?: string; attach_to_id?: string }): AttachmentTarget | undefined {
    const { attach_to_kind: kind, attach_to_id: id } = query;
    if (kind === undefined && id === undefined) return undefined;
    const definition = kind === undefined ? undefined : this.graph.model.vertex(kind);
    if (definition && id !== undefined) return { definition, id };
    const [pointer, message] =
      id === undefined ? ['/attach_to_id', 'must be given with attach_to_kind'] : ['/attach_to_kind', 'must be given'];
    throw invalidParameters([{ pointer, message, code: 'incomplete' }]);
  }

  /**
   * Whoever attaches to an entity changes it. The entity is one of the organization that the upload is for.
   * @throws DomainError `validation_failed` where there is no such entity there, `forbidden`
   */
  async assertMayAttach(tx: GraphTransaction, { definition, id }: AttachmentTarget): Promise<void> {
    const auth = currentAuth();
    const found: Readonly<Record<string, unknown>> | undefined = await tx.find(definition, id);
    const home = definition.tenancy === 'self' ? found?.['id'] : found?.['organization_id'];
    if (!found || auth?.organizationId === undefined || home !== auth.organizationId) {
      const message = 'is nothing of the organization that the upload is for';
      throw invalid([{ pointer: '/attach_to_id', code: 'unknown_reference', message }]);
    }
    const permission = `${nounOf(definition.label)}:write`;
    if (auth.can(permission)) return;
    throw new DomainError('forbidden', 'forbidden', `This needs the permission ${permission}.`, {
      details: { permission },
    });
  }
}

/** As permissions and events name a label: `ProjectType` is `project_type`. */
export function nounOf(label: string): string {
  return label.replace(/(?<=[a-z0-9])[A-Z]/g, '_$&').toLowerCase();
}
