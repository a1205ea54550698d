import { setTimeout as sleep } from 'node:timers/promises';
import { acknowledgedSurvives } from './checks/acknowledged.ts';
import type { Check, Evidence, Look, Violation } from './checks/check.ts';
import { eventsKnown } from './checks/events-known.ts';
import { processesRun } from './checks/processes.ts';
import { qualityStored } from './checks/quality.ts';
import { deadlinesAreMet, outboxIsSent, roomsAgree, storedCallsAreSound } from './checks/stored.ts';

const CHECKS: readonly Check[] = [
  processesRun,
  storedCallsAreSound,
  acknowledgedSurvives,
  deadlinesAreMet,
  eventsKnown,
  outboxIsSent,
  roomsAgree,
  qualityStored,
];

const LOOK_AGAIN_MS = 500;

/** A server that does not answer yet counts as a violation. */
async function lookNow({ name }: Check, look: Look): Promise<readonly Violation[]> {
  try {
    return await look();
  } catch (error) {
    return [{ invariant: name, callId: null, detail: `could not look: ${error}` }];
  }
}

/** Polls until a check holds. Returns what is still wrong at the time limit. */
async function settle(check: Check, look: Look, until: number): Promise<readonly Violation[]> {
  for (;;) {
    const isLast = Date.now() >= until;
    const violations = await lookNow(check, look);
    if (violations.length === 0 || isLast) return violations;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Starts at the end of a fault, under load, and resolves once everything holds again. */
export async function checkAll(evidence: Evidence): Promise<Violation[]> {
  const healedAt = Date.now();
  const settled = CHECKS.map(async (check) => {
    const look = await check.begin(evidence);
    return settle(check, look, healedAt + check.withinMs);
  });
  return (await Promise.all(settled)).flat();
}
