import { Injectable } from '@nestjs/common';
import { DomainError, type FieldError, invalid } from '#libs/common';
import { Graph } from '#libs/graph';
import { grantables } from '../grant/grant-kinds.js';
import { toPrincipal } from '../grant/grants.service.js';
import { type PrincipalReference, parsePrincipal } from '../principal/principal-reference.js';
import type {
  AccessDifferenceDto,
  AccessSimulationDto,
  AccessSimulationResultDto,
  SimulatedGrantDto,
} from './access.dto.js';
import { toHeld } from './access.service.js';
import { type PlaceReference, parsePlace } from './question.js';
import {
  type AccessChange,
  type DifferenceRow,
  type SimulatedAccess,
  SimulationReadModel,
} from './simulation.read-model.js';

const SHOWN = 1000;

/** What a change of roles, groups or grants would do to what people may do; nothing is written. */
@Injectable()
export class Simulations {
  constructor(
    private readonly graph: Graph,
    private readonly readModel: SimulationReadModel,
  ) {}

  /** @throws DomainError `validation_failed`; `group_cycle` and `role_cycle` as the change itself would */
  async simulate(simulation: AccessSimulationDto): Promise<AccessSimulationResultDto> {
    const change = this.read(simulation);
    const found = await this.readModel.simulate(change, SHOWN, new Date());
    assertThere(change, found);
    if (found.isCircular) throw circular(change);
    return {
      added: found.added.map(toDifference),
      removed: found.removed.map(toDifference),
      added_total: found.addedTotal,
      removed_total: found.removedTotal,
    };
  }

  private read({ role, role_assignment, group_membership, grant }: AccessSimulationDto): AccessChange {
    const changes: AccessChange[] = [];
    if (role) changes.push({ kind: 'role', ...role });
    if (role_assignment) {
      const { organization, remove = false } = role_assignment;
      changes.push({
        kind: 'assignment',
        principal: principalAt('/role_assignment/principal', role_assignment.principal),
        role: role_assignment.role,
        place: organization === undefined ? undefined : { kind: 'organization', slug: organization },
        isRemoval: remove,
      });
    }
    if (group_membership) {
      const { group, remove = false } = group_membership;
      const member = principalAt('/group_membership/member', group_membership.member);
      changes.push({ kind: 'membership', member, group, isRemoval: remove });
    }
    if (grant) changes.push(this.readGrant(grant));
    const [change] = changes;
    if (change && changes.length === 1) return change;
    throw invalid([{ pointer: '', code: 'one_change', message: 'must name exactly one change' }]);
  }

  private readGrant({ principal, resource, actions, expires_at }: SimulatedGrantDto): AccessChange {
    const place: PlaceReference | undefined = parsePlace(resource, grantables(this.graph.model));
    if (!place || place.kind === 'organization') throw unknown('/grant/resource', resource);
    if (expires_at && Number.isNaN(Date.parse(expires_at))) {
      throw invalid([{ pointer: '/grant/expires_at', code: 'expires_at', message: 'must be a time that exists' }]);
    }
    const reference = principalAt('/grant/principal', principal);
    return { kind: 'grant', principal: reference, place, actions, expiresAt: expires_at ?? null };
  }
}

function principalAt(pointer: string, text: string): PrincipalReference {
  const reference = parsePrincipal(text);
  if (!reference) throw unknown(pointer, text);
  return reference;
}

function unknown(pointer: string, name: string): DomainError {
  return invalid([unknownReference(pointer, name)]);
}

function unknownReference(pointer: string, name: string): FieldError {
  return { pointer, code: 'unknown_reference', message: `There is no "${name}".` };
}

/** Where each kind of change names what `missing` speaks of. */
const POINTERS: Record<AccessChange['kind'], { subject: string; target: string; place: string }> = {
  role: { subject: '/role/role', target: '', place: '' },
  assignment: {
    subject: '/role_assignment/principal',
    target: '/role_assignment/role',
    place: '/role_assignment/organization',
  },
  membership: { subject: '/group_membership/member', target: '/group_membership/group', place: '' },
  grant: { subject: '/grant/principal', target: '/grant/resource', place: '/grant/resource' },
};

function assertThere(change: AccessChange, { missing }: SimulatedAccess): void {
  const pointers = POINTERS[change.kind];
  const faults = missing.map((name): FieldError => {
    if (name === 'subject' || name === 'target' || name === 'place') {
      return { pointer: pointers[name], code: 'unknown_reference', message: 'There is none of this name.' };
    }
    return unknownReference(pointerOf(change, name), name);
  });
  if (faults.length > 0) throw invalid(faults);
}

function pointerOf(change: AccessChange, name: string): string {
  if (change.kind !== 'role') return '';
  const index = change.permissions?.indexOf(name) ?? -1;
  return index >= 0 ? `/role/permissions/${index}` : `/role/inherits/${change.inherits?.indexOf(name) ?? 0}`;
}

function circular(change: AccessChange): DomainError {
  return change.kind === 'role'
    ? new DomainError('role_cycle', 'conflict', 'The role would inherit from itself.')
    : new DomainError('group_cycle', 'conflict', 'The group would be in itself.');
}

function toDifference(row: DifferenceRow): AccessDifferenceDto {
  const { kind, id, slug, name } = row;
  return { principal: toPrincipal({ kind, id, slug, name }), ...toHeld(row) };
}
