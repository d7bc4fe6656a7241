import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { DomainError, type JsonScalar, stableStringify } from '#libs/common';
import type { Filter } from './filter.js';
import type { SortKey } from './sort.js';

/** What a cursor belongs to: passing it to anything else is refused. */
export interface CursorScope {
  /** Names the list and whose it is, such as `organizations/<id>/teams`. */
  readonly list: string;
  readonly sort: readonly SortKey[];
  readonly filters: readonly Filter[];
}

const MAC_BYTES = 16;

/**
 * Opaque keyset cursors: base64url of a MAC and the JSON of the last item's sort values, bound to list, order and
 * filters. The key is the installation's, so that a cursor survives restarts and works on every replica.
 */
export class CursorCodec {
  // A key that is made once: from bytes it is made anew for each MAC, which takes longer than the MAC.
  private readonly key: KeyObject;

  constructor(key: Buffer) {
    this.key = createSecretKey(key);
  }

  encode(scope: CursorScope, position: readonly JsonScalar[]): string {
    const payload = Buffer.from(JSON.stringify({ p: position, f: fingerprint(scope) }));
    return Buffer.concat([this.mac(payload), payload]).toString('base64url');
  }

  /**
   * The sort values of the last item of the page before.
   * @throws DomainError `malformed_cursor` (400)
   */
  decode(scope: CursorScope, cursor: string): readonly JsonScalar[] {
    const bytes = Buffer.from(cursor, 'base64url');
    const payload = bytes.subarray(MAC_BYTES);
    // Buffer.from skips what is not base64url, so the text has to be compared too.
    const genuine =
      bytes.length > MAC_BYTES &&
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(payload));
    if (!genuine) throw malformedCursor('The cursor is none of this server, or was changed.');
    const { p, f }: { p: JsonScalar[]; f: string } = JSON.parse(payload.toString());
    if (f !== fingerprint(scope)) throw malformedCursor('The cursor belongs to another list, order or filter.');
    return p;
  }

  private mac(payload: Buffer): Buffer {
    return createHmac('sha256', this.key).update(payload).digest().subarray(0, MAC_BYTES);
  }
}

function fingerprint(scope: CursorScope): string {
  return hash('sha256', stableStringify([scope.list, scope.sort, scope.filters]), 'base64url').slice(0, 11);
}

function malformedCursor(message: string): DomainError {
  return new DomainError('malformed_cursor', 'malformed', message, {
    errors: [{ pointer: '/cursor', message, code: 'malformed_cursor' }],
  });
}
