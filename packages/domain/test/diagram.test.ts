import { readFileSync } from 'node:fs';
import { callTransitions, participantTransitions } from '@ringline/domain';

const architecture = readFileSync(new URL('../../../ARCHITECTURE.md', import.meta.url), 'utf8');

function diagramOf(transitions: Record<string, readonly string[]>, first: string): string {
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${first}`,
    ...Object.entries(transitions).flatMap(([from, next]) =>
      next.length === 0 ? [`  ${from} --> [*]`] : next.map((to) => `  ${from} --> ${to}`),
    ),
    '```',
  ].join('\n');
}

describe('the diagrams in ARCHITECTURE.md', () => {
  it('show the transitions of a call', () => {
    expect(architecture).toContain(diagramOf(callTransitions, 'initiating'));
  });

  it('show the transitions of a participant', () => {
    expect(architecture).toContain(diagramOf(participantTransitions, 'invited'));
  });
});
