const REDRAW_MILLISECONDS = 80;

/** Tells how far an import is: one line that is rewritten on a terminal, one line a stage elsewhere. */
export class ImportProgress {
  private title = '';
  private total = 0;
  private done = 0;
  private drawnAt = 0;

  constructor(private readonly output: NodeJS.WriteStream = process.stderr) {}

  stage(title: string, total: number): void {
    this.finish();
    [this.title, this.total, this.done] = [title, total, 0];
    this.draw();
  }

  advance(count = 1): void {
    this.done += count;
    if (performance.now() - this.drawnAt > REDRAW_MILLISECONDS) this.draw();
  }

  /** Takes the line away (a terminal) or leaves the last stage's count (elsewhere). */
  finish(): void {
    if (this.title === '') return;
    if (this.output.isTTY) this.output.write('\r\x1b[2K');
    else this.output.write(`${this.line()}\n`);
    this.title = '';
  }

  private draw(): void {
    this.drawnAt = performance.now();
    if (this.output.isTTY) this.output.write(`\r\x1b[2K${this.line()}`);
  }

  private line(): string {
    const count =
      this.total === 0 ? '' : ` ${this.done.toLocaleString('en-US')} of ${this.total.toLocaleString('en-US')}`;
    return `› ${this.title}${count}`;
  }
}
