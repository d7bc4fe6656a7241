/** Tells on the terminal what is being done and how long it took. */
export class Progress {
  constructor(private readonly output: NodeJS.WritableStream = process.stderr) {}

  /** `outcome` says in a word or two what came of it. */
  async step<Result>(
    title: string,
    work: () => Promise<Result>,
    outcome?: (result: Result) => string,
  ): Promise<Result> {
    const started = performance.now();
    this.output.write(`› ${title} …`);
    try {
      const result = await work();
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      this.output.write(` ${outcome ? `${outcome(result)}, ` : ''}${seconds} s\n`);
      return result;
    } catch (error) {
      this.output.write(' failed\n');
      throw error;
    }
  }
}
