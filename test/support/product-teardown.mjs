import { rmSync } from 'node:fs';

export default async function tearDown() {
  const { child, directory, output } = globalThis.imbiProduct ?? {};
  if (!child) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const code = await ended;
  rmSync(directory, { recursive: true, force: true });
  if (code !== 0) throw new Error(`The product did not stop cleanly (exit code ${code}):\n${output()}`);
}
