import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { UsageError } from '../report-failure.js';

/** Asks for a password without showing it; where there is no terminal, standard input is the password. */
export async function readPassword(prompt: string): Promise<string> {
  const password = process.stdin.isTTY ? await ask(prompt) : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password === '') throw new UsageError('No password was given.');
  return password;
}

async function ask(prompt: string): Promise<string> {
  // readline echoes what is typed to its output, so that goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const asking = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const aborted = new AbortController();
  asking.on('SIGINT', () => aborted.abort());
  process.stderr.write(prompt);
  try {
    return await asking.question('', { signal: aborted.signal });
  } catch (error) {
    if (aborted.signal.aborted) throw new UsageError('Not signed in.');
    throw error;
  } finally {
    asking.close();
    process.stderr.write('\n');
  }
}
