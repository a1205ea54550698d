import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { serviceSchemas } from '@ringline/platform';
import type { z } from 'zod';

type Variable = [name: string, schema: z.ZodType];

/** All variables of all processes. A variable with different defaults is listed several times. */
function listVariables(): Variable[] {
  return Object.values(serviceSchemas)
    .flatMap((schema): { in: z.ZodObject }[] => Object.values(schema.shape))
    .flatMap((topic): Variable[] => Object.entries(topic.in.shape as Record<string, z.ZodType>));
}

/** The variables in docker-compose.yml: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. */
async function listComposeVariables(): Promise<string[]> {
  const text = await readFile(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
  return [...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name = '']) => name);
}

async function readExample(): Promise<Map<string, string>> {
  const text = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^([A-Z0-9_]+)=(.*)$/.exec(line) ?? [];
      return [name, value];
    }),
  );
}

describe('.env.example', () => {
  it('lists exactly the variables that the processes and docker-compose.yml read', async () => {
    const read = new Set([
      ...listVariables().map(([name]) => name),
      ...(await listComposeVariables()),
    ]);
    expect([...(await readExample()).keys()].sort()).toEqual([...read].sort());
  });

  it('has the default of every variable with one default for all processes', async () => {
    const defaults = new Map<string, Set<unknown>>();
    for (const [name, schema] of listVariables()) {
      const { data } = schema.safeParse(undefined);
      defaults.set(name, (defaults.get(name) ?? new Set()).add(data));
    }
    const shown = await readExample();
    for (const [name, schema] of listVariables()) {
      const [fallback, ...others] = defaults.get(name) ?? [];
      const expected = others.length > 0 ? undefined : fallback;
      const text = shown.get(name);
      expect([name, text ? schema.safeParse(text).data : undefined]).toEqual([name, expected]);
    }
  });
});
