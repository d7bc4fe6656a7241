/** Called at each step of the relay. Tests stop it there, as a crash would: a promise that never settles. */
export type RelayProbe = (step: RelayStep) => Promise<void>;

export type RelayStep =
  | 'jobs claimed'
  | 'events claimed'
  | 'jobs handed over'
  | 'jobs removed'
  | 'batch formed'
  | 'batch stored'
  | 'batch removed';

export const RELAY_PROBE = Symbol('imbi.queue.relay-probe');
