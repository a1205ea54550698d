import { jest } from '@jest/globals';
import type { CallEvent } from '@ringline/contract';
import { createCallLog } from '#src/calls/call-log.ts';
import { useFakeTimers } from '../fixtures/environment.ts';
import {
  callInTheEnd,
  endedEvent,
  eventNumber,
  followingEvents,
  ringingCall,
} from '../fixtures/sample-calls.ts';

function begin() {
  const changes: number[] = [];
  const onGap = jest.fn();
  const log = createCallLog({ onChange: ({ seq }) => changes.push(seq), onGap });
  log.adopt(ringingCall());
  return { log, changes, onGap };
}

function permutations<Item>(items: Item[]): Item[][] {
  return items.length < 2
    ? [items]
    : items.flatMap((item, index) =>
        permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]),
      );
}

describe('the order of the events of a call', () => {
  useFakeTimers();

  it('is restored from every order of five events', () => {
    const [three, four, five, six, seven, ...rest] = followingEvents;
    const five_ = [three, four, five, six, seven].filter((event) => event !== undefined);
    for (const order of permutations(five_)) {
      const { log, changes, onGap } = begin();
      for (const event of [...order, ...rest]) log.receive(event);
      expect(log.call).toEqual(callInTheEnd());
      expect(changes).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
      jest.runOnlyPendingTimers();
      expect(onGap).not.toHaveBeenCalled();
      log.close();
    }
  });

  it('is unchanged when every event comes twice', () => {
    const { log, changes } = begin();
    for (const event of followingEvents) {
      log.receive(event);
      log.receive(event);
    }
    for (const event of followingEvents) log.receive(event);
    expect(log.call).toEqual(callInTheEnd());
    expect(changes).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('holds back an early event for 300 ms, then reports a gap', () => {
    const { log, onGap } = begin();
    log.receive(eventNumber(4));
    expect(log.call?.seq).toBe(2);
    jest.advanceTimersByTime(299);
    expect(onGap).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(onGap).toHaveBeenCalledTimes(1);
  });

  it('does not wait longer for a missing event because later ones arrive', () => {
    const { log, onGap } = begin();
    log.receive(eventNumber(4));
    jest.advanceTimersByTime(200);
    log.receive(eventNumber(5));
    jest.advanceTimersByTime(100);
    expect(onGap).toHaveBeenCalledTimes(1);
  });

  it('reports no gap when the missing event arrives in time', () => {
    const { log, onGap } = begin();
    log.receive(eventNumber(4));
    jest.advanceTimersByTime(200);
    log.receive(eventNumber(3));
    jest.advanceTimersByTime(10_000);
    expect(onGap).not.toHaveBeenCalled();
    expect(log.call?.seq).toBe(4);
  });

  it('reports the gap again until a snapshot closes it', () => {
    const { log, onGap } = begin();
    log.receive(eventNumber(10));
    jest.advanceTimersByTime(900);
    expect(onGap).toHaveBeenCalledTimes(3);
    log.adopt({ ...callInTheEnd(), seq: 9 });
    expect(log.call?.seq).toBe(10);
    jest.advanceTimersByTime(10_000);
    expect(onGap).toHaveBeenCalledTimes(3);
  });

  it.each(followingEvents.map(({ seq }) => seq))('survives the loss of event %i', (lost) => {
    const { log, onGap } = begin();
    for (const event of followingEvents) if (event.seq !== lost) log.receive(event);
    jest.advanceTimersByTime(300);
    expect(onGap).toHaveBeenCalledTimes(lost === 10 ? 0 : 1);
    log.adopt(callInTheEnd());
    expect(log.call).toEqual(callInTheEnd());
  });

  it('ignores an older snapshot', () => {
    const { log } = begin();
    for (const event of followingEvents) log.receive(event);
    log.adopt(ringingCall());
    expect(log.call).toEqual(callInTheEnd());
  });

  it('holds back events before the first snapshot, and reports a gap', () => {
    const onGap = jest.fn();
    const log = createCallLog({ onChange: () => undefined, onGap });
    log.receive(eventNumber(3));
    expect(log.call).toBeNull();
    jest.advanceTimersByTime(300);
    expect(onGap).toHaveBeenCalledTimes(1);
    log.adopt(ringingCall());
    expect(log.call?.seq).toBe(3);
    log.close();
  });

  it('needs no earlier events for an event with the whole call', () => {
    const { log, onGap } = begin();
    log.receive(endedEvent());
    expect(log.call?.state).toBe('ended');
    jest.advanceTimersByTime(10_000);
    expect(onGap).not.toHaveBeenCalled();
  });

  it('ignores everything after the end', () => {
    const { log, changes } = begin();
    log.receive(endedEvent());
    const late: CallEvent[] = [...followingEvents, endedEvent()];
    for (const event of late) log.receive(event);
    expect(changes).toEqual([2, 11]);
  });

  it('reports nothing after it is closed', () => {
    const { log, onGap } = begin();
    log.receive(eventNumber(4));
    log.close();
    jest.advanceTimersByTime(10_000);
    expect(onGap).not.toHaveBeenCalled();
  });
});
