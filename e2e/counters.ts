import type { Service } from '@ringline/testing/service';

async function countedBy({ internalUrl }: Service, name: string, label: string): Promise<number> {
  const text = await (await fetch(`${internalUrl}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Reads a counter of each of these processes; the label is written as in `state="missed"`. */
export function readCounters(
  services: readonly Service[],
  name: string,
  label: string,
): Promise<number[]> {
  return Promise.all(services.map((service) => countedBy(service, name, label)));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
