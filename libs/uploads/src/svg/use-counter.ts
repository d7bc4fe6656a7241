import { malformed } from '../content/content-error.js';

const MOST = 5000;

/**
 * Counts how many elements a browser would make of the `use` elements of an image. A few of them that use each other
 * twice make billions.
 */
export class UseCounter {
  private readonly ancestors: string[] = [];
  private written = 0;
  private readonly targets = new Map<string, string[]>([['', []]]);

  /** @param id of the element; @param target what it uses, as `#id` */
  open(id: string | undefined, target: string | undefined): void {
    this.ancestors.push(id ?? '');
    if (id !== undefined && !this.targets.has(id)) this.targets.set(id, []);
    if (target === undefined) return;
    this.written += 1;
    if (this.written > MOST) throw tooMany();
    // What is used within an element is used again wherever that element is.
    for (const ancestor of new Set(['', ...this.ancestors])) this.targets.get(ancestor)?.push(target.slice(1));
  }

  close(): void {
    this.ancestors.pop();
  }

  /** @throws DomainError `upload_malformed` */
  assertFew(): void {
    if (this.count('', new Map()) > MOST) throw tooMany();
  }

  private count(id: string, known: Map<string, number>): number {
    const before = known.get(id);
    if (before !== undefined) return before;
    // Until it is known: whoever comes back here goes round in circles.
    known.set(id, Infinity);
    let sum = 0;
    for (const target of this.targets.get(id) ?? []) sum += 1 + this.count(target, known);
    known.set(id, sum);
    return sum;
  }
}

function tooMany(): Error {
  return malformed('it uses parts of itself too often');
}
