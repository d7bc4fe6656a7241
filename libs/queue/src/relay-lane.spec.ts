import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type LaneOptions, RelayLane } from './relay-lane.js';

describe('RelayLane', () => {
  let lane: RelayLane;
  let rounds: number[];

  beforeEach(() => {
    jest.useFakeTimers();
    rounds = [];
  });

  afterEach(async () => {
    await lane.stop();
    jest.useRealTimers();
  });

  function start(options: Partial<LaneOptions>, round: (count: number) => boolean | Error = () => false): void {
    lane = new RelayLane({
      name: 'test',
      pollMs: 1000,
      ...options,
      round: async () => {
        rounds.push(Date.now());
        const outcome = round(rounds.length);
        if (outcome instanceof Error) throw outcome;
        return outcome;
      },
    });
    lane.start();
  }

  const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

  it('looks again after the poll interval', async () => {
    start({});
    await pass(2500);
    expect(rounds.length).toBe(3);
  });

  it('goes on at once while there is more', async () => {
    start({}, (count) => count < 5);
    await pass(0);
    expect(rounds.length).toBe(5);
  });

  it('looks at once when poked, also when the poke comes during a round', async () => {
    start({}, (count) => {
      if (count === 2) lane.poke();
      return false;
    });
    await pass(10);
    lane.poke();
    await pass(10);
    expect(rounds.length).toBe(3);
  });

  it('lets pokes share a round while it lingers', async () => {
    start({ lingerMs: 200 });
    await pass(10);
    for (let poke = 0; poke < 5; poke += 1) {
      lane.poke();
      await pass(30);
    }
    await pass(100);
    expect(rounds.length).toBe(2);
  });

  it('wakes when the next row is due', async () => {
    start({ nextDue: async () => 300 });
    await pass(310);
    expect(rounds.length).toBe(2);
  });

  it('waits longer with each failure, whatever pokes come, and not at all after a success', async () => {
    start({}, (count) => (count <= 4 ? new Error('down') : false));
    for (let step = 0; step < 500; step += 1) {
      lane.poke();
      await pass(10);
    }
    const gaps = rounds.slice(1, 5).map((time, index) => time - (rounds[index] ?? 0));
    expect(gaps).toEqual([250, 500, 1000, 2000]);
    expect(rounds.length).toBeGreaterThan(50);
  });

  it('finishes its round before it stops, and starts no other', async () => {
    const held = Promise.withResolvers<boolean>();
    let ended = false;
    lane = new RelayLane({
      name: 'test',
      pollMs: 10,
      round: async () => {
        const more = await held.promise;
        ended = true;
        return more;
      },
    });
    lane.start();
    const stopped = lane.stop();
    held.resolve(true);
    await stopped;
    expect(ended).toBe(true);
  });
});
