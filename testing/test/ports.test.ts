import { createPortChooser } from '../ports.ts';

async function portsOf(worker: number): Promise<number[]> {
  const choose = createPortChooser(worker);
  const ports: number[] = [];
  // More than half of what a worker has: two that had the same could not be this different.
  while (ports.length < 1400) ports.push(await choose());
  return ports;
}

describe('the ports of a test', () => {
  it('are its own, whatever runs in another worker at the same time', async () => {
    const ports = [...(await portsOf(1)), ...(await portsOf(2))];
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('lie below those of outgoing connections', async () => {
    expect(Math.max(...(await portsOf(7)))).toBeLessThan(32_768);
  });
});
