import type { MemberIndex } from '#libs/graph';
import { Project } from '../model/project.vertex.js';

/** The index over an attribute of projects, where there is one. */
export function attributeIndex(member: string): MemberIndex {
  return { definition: Project, within: 'organization_id', property: 'attributes', member };
}
