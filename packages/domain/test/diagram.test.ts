import { readFileSync } from 'node:fs';
import { callTransitions, participantTransitions } from '@ringline/domain';

const callRules = readFileSync(new URL('../../../docs/call-rules.md', import.meta.url), 'utf8');

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

describe('the diagrams in docs/call-rules.md', () => {
  it('draw the transitions of a call as the table has them', () => {
    expect(callRules).toContain(diagramOf(callTransitions, 'initiating'));
  });

  it('draw the transitions of a participant as the table has them', () => {
    expect(callRules).toContain(diagramOf(participantTransitions, 'invited'));
  });
});
