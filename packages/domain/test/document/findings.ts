import {
  type Call,
  findParticipant,
  getOutcome,
  isAnswered,
  isInCall,
  isRinging,
  isTerminal,
  start,
} from '@ringline/domain';
import { at, startOf } from '../fixtures/commands.ts';
import { cellKey, participantCells } from './participants.ts';
import { callsOfEveryShape, everyProbe, lostInitiator, rareProbes } from './probes.ts';
import { everyStep, type Probe } from './reachable.ts';

type Cells = Map<string, Set<string>>;

/** All that the tables of docs/call-rules.md have to say, found by trying. */
export interface Findings {
  /** By command: the refusals that a participant gets while the call goes on. */
  readonly refusals: Cells;
  /** By `cellKey(command, who gives it)`: `yes`, and refusals. */
  readonly givers: Cells;
  /** By `cellKey(command, state of the call)`. */
  readonly followers: Cells;
  /** By `cellKey(participant, column)`. */
  readonly participants: Cells;
  /** By state, reason, and whether it was answered: who ended it. */
  readonly ends: Cells;
  /** By the state of a participant. */
  readonly outcomes: Cells;
}

type Decided = Pick<Probe, 'before' | 'decision'>;

function add(cells: Cells, key: string, found: string): void {
  cells.set(key, (cells.get(key) ?? new Set()).add(found));
}

/** What a decision makes of a call: its state and a room made again; of a call that is over, what else it does. */
export function followersOf({ before, decision }: Decided): string[] {
  const { call, effects, refusal } = decision;
  const names = effects.map(({ name }) => name);
  if (isTerminal(before)) return [refusal?.code ?? names[0] ?? 'nothing'];
  if (refusal !== null) return [];
  return names.includes('create_room') ? [call.state, 'create_room'] : [call.state];
}

function noteRefusal({ refusals }: Findings, { before, command, decision }: Probe): void {
  const code = decision.refusal?.code;
  if (code === undefined || code === 'CALL_NOT_FOUND' || isTerminal(before)) return;
  add(refusals, command.name, code);
}

/** Titles of the columns of the table that says who may give a command. */
export const givers = ['in a direct call', 'host', 'another in a group', 'rings', 'out', 'removed'];

function giverOf(call: Call, userId: string): string | null {
  const participant = findParticipant(call, userId);
  if (participant === undefined || participant.barred) return null;
  if (participant.state === 'removed') return 'removed';
  if (isRinging(participant)) return 'rings';
  if (!isInCall(participant)) return 'out';
  if (call.mode === 'direct') return 'in a direct call';
  return call.hostId === userId ? 'host' : 'another in a group';
}

function noteGiver(findings: Findings, { before, command, decision }: Probe): void {
  if (!('person' in command) || isTerminal(before)) return;
  const giver = giverOf(before, command.person.userId);
  if (giver === null) return;
  add(findings.givers, cellKey(command.name, giver), decision.refusal?.code ?? 'yes');
}

function noteEnd({ ends, outcomes }: Findings, { call, events }: Probe['decision']): void {
  for (const event of events) {
    if (event.name !== 'call:ended') continue;
    const answered = isAnswered(event.call) ? 'yes' : 'no';
    const by = event.endedBy === null ? 'null' : 'a user';
    add(ends, [event.state, event.reason, answered].join(), by);
  }
  for (const { userId, state } of call.participants) add(outcomes, state, getOutcome(call, userId));
}

function note(findings: Findings, probe: Probe): void {
  const { before, command, decision } = probe;
  noteRefusal(findings, probe);
  noteGiver(findings, probe);
  noteEnd(findings, decision);
  for (const [key, found] of participantCells(probe)) add(findings.participants, key, found);
  if (decision.refusal?.code === 'CALL_NOT_FOUND') return;
  const key = cellKey(command.name, isTerminal(before) ? 'over' : before.state);
  for (const follower of followersOf(probe)) add(findings.followers, key, follower);
}

export function findRules(): Findings {
  const findings: Findings = {
    refusals: new Map(),
    givers: new Map(),
    followers: new Map(),
    participants: new Map(),
    ends: new Map(),
    outcomes: new Map(),
  };
  const calls = callsOfEveryShape();
  for (const probe of everyStep()) note(findings, probe);
  for (const probe of everyProbe(calls)) note(findings, probe);
  note(findings, lostInitiator());
  for (const probe of rareProbes(calls)) noteRefusal(findings, probe);
  const { call, events } = start(startOf({ mediaRefused: true }), at(0));
  if (call !== null) noteEnd(findings, { call, events, effects: [], refusal: null });
  return findings;
}
