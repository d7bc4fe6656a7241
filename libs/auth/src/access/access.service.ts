import { Injectable } from '@nestjs/common';
import { notFound } from '#libs/common';
import { Graph } from '#libs/graph';
import { type ListDefinition, type Page, Pages } from '#libs/http';
import { grantables } from '../grant/grant-kinds.js';
import { toPrincipal } from '../grant/grants.service.js';
import { type PrincipalReference, parsePrincipal } from '../principal/principal-reference.js';
import type {
  AccessPlaceDto,
  ExplainQueryDto,
  ExplanationDto,
  HeldPermissionDto,
  PermissionHolderDto,
  WhatCanQueryDto,
  WhoCanQueryDto,
} from './access.dto.js';
import { ExplainReadModel } from './explain.read-model.js';
import { explain } from './explanation.js';
import { actionsFor, type PlaceReference, parsePlace } from './question.js';
import { type HeldRow, WhatCanReadModel } from './what-can.read-model.js';
import { WhoCanReadModel } from './who-can.read-model.js';

export const HOLDER_LIST: ListDefinition = { sortable: ['name'], defaultSort: 'name', filterable: {} };
export const HELD_LIST: ListDefinition = { sortable: ['permission'], defaultSort: 'permission', filterable: {} };

/** Who may do what, and why: as the guard decides it, asked about others. */
@Injectable()
export class AccessQuestions {
  constructor(
    private readonly graph: Graph,
    private readonly pages: Pages,
    private readonly explanations: ExplainReadModel,
    private readonly holders: WhoCanReadModel,
    private readonly held: WhatCanReadModel,
  ) {}

  /** @throws DomainError `not_found` where principal, permission or resource are not there */
  async explain({ principal, permission, resource }: ExplainQueryDto): Promise<ExplanationDto> {
    const now = new Date();
    const kinds = grantables(this.graph.model);
    const reference = principalOf(principal);
    const place = this.placeOf(resource);
    const facts = await this.explanations.facts(reference, permission, place);
    if (!facts.principal) throw notFound(`The principal "${principal}"`);
    if (!facts.isPermission) throw notFound(`The permission "${permission}"`);
    if (place && !facts.place) throw notFound(`The resource "${resource}"`);
    const { id, slug, name } = facts.principal;
    return {
      ...explain(facts, actionsFor(place, permission, kinds), now),
      principal: toPrincipal({ kind: reference.kind.name, id, slug, name }),
      permission,
      resource: facts.place ?? null,
    };
  }

  async whoCan(query: WhoCanQueryDto): Promise<Page<PermissionHolderDto>> {
    const { permission, resource } = query;
    const request = this.pages.read(`holders of ${permission} at ${resource ?? ''}`, query, HOLDER_LIST);
    const [name = '', id = ''] = (request.after ?? []).map(String);
    const page = { ...pageOf(request), after: request.after && { name, id } };
    const answer = await this.holders.list(permission, this.placeOf(resource), page, new Date());
    if (!answer.isPermission) throw notFound(`The permission "${permission}"`);
    if (!answer.isPlace) throw notFound(`The resource "${resource}"`);
    return this.pages.answer(request, answer.rows, {
      item: ({ is_admin, ...row }) => ({ principal: toPrincipal(row), is_admin }),
      position: (row) => [row.name, row.id],
      total: answer.total,
    });
  }

  async whatCan(query: WhatCanQueryDto): Promise<Page<HeldPermissionDto>> {
    const request = this.pages.read(`powers of ${query.principal}`, query, HELD_LIST);
    const [permission = '', organization = '', resource = ''] = (request.after ?? []).map(String);
    const page = { ...pageOf(request), after: request.after && { permission, organization, resource } };
    const answer = await this.held.list(principalOf(query.principal), page, new Date());
    if (!answer.isPrincipal) throw notFound(`The principal "${query.principal}"`);
    return this.pages.answer(request, answer.rows, {
      item: toHeld,
      position: (row) => [row.permission, row.organization ?? '', row.resource_id ?? ''],
      total: answer.total,
    });
  }

  private placeOf(text: string | undefined): PlaceReference | undefined {
    if (text === undefined) return undefined;
    const place = parsePlace(text, grantables(this.graph.model));
    if (!place) throw notFound(`The resource "${text}"`);
    return place;
  }
}

/** @throws DomainError `not_found` for what names none */
export function principalOf(text: string): PrincipalReference {
  const reference = parsePrincipal(text);
  if (!reference) throw notFound(`The principal "${text}"`);
  return reference;
}

/** What is held, with where. */
export function toHeld(row: HeldRow): HeldPermissionDto {
  const { permission, organization, resource_kind, resource_id, resource_slug, resource_name } = row;
  const resource: AccessPlaceDto | null =
    resource_kind !== null && resource_id !== null
      ? {
          kind: resource_kind,
          id: resource_id,
          slug: resource_slug ?? '',
          name: resource_name,
          organization: organization ?? '',
        }
      : null;
  return { permission, organization, resource };
}

function pageOf({ sort, limit, count }: ReturnType<Pages['read']>) {
  return { descending: sort[0]?.direction === 'desc', limit: limit + 1, count };
}
