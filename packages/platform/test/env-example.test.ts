import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { serviceSchemas } from '@ringline/platform';
import type { z } from 'zod';

type Variable = [name: string, schema: z.ZodType];

/** All variables of all processes. One that differs between processes (a default port) is there several times. */
function variables(): Variable[] {
  return Object.values(serviceSchemas)
    .flatMap((schema): { in: z.ZodObject }[] => Object.values(schema.shape))
    .flatMap((topic): Variable[] => Object.entries(topic.in.shape as Record<string, z.ZodType>));
}

/** What docker-compose.yml itself puts into places: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. */
async function composed(): Promise<string[]> {
  const text = await readFile(new URL('../../../docker-compose.yml', import.meta.url), 'utf8');
  return [...text.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name = '']) => name);
}

async function example(): Promise<Map<string, string>> {
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
  it('lists exactly the variables that the processes and the composition read', async () => {
    const read = new Set([...variables().map(([name]) => name), ...(await composed())]);
    expect([...(await example()).keys()].sort()).toEqual([...read].sort());
  });

  it('shows the default of every variable that has one for all processes', async () => {
    const defaults = new Map<string, Set<unknown>>();
    for (const [name, schema] of variables()) {
      const { data } = schema.safeParse(undefined);
      defaults.set(name, (defaults.get(name) ?? new Set()).add(data));
    }
    const shown = await example();
    for (const [name, schema] of variables()) {
      const [fallback, ...others] = defaults.get(name) ?? [];
      const expected = others.length > 0 ? undefined : fallback;
      const text = shown.get(name);
      expect([name, text ? schema.safeParse(text).data : undefined]).toEqual([name, expected]);
    }
  });
});
