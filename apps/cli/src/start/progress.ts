/** Tells on the terminal what is being done and how long it took. */
export class Progress {
  constructor(private readonly output: NodeJS.WritableStream = process.stderr) {}

  async step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    this.output.write(`› ${title} …`);
    try {
      const result = await work();
      this.output.write(` ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
      return result;
    } catch (error) {
      this.output.write(' failed\n');
      throw error;
    }
  }
}
