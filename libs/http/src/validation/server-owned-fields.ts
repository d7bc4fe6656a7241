/** Fields of every resource that clients read and never write. */
export const SERVER_OWNED_FIELDS = [
  'id',
  'version',
  'organization_id',
  'created_at',
  'created_by',
  'updated_at',
  'updated_by',
] as const;
