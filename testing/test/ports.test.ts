import { createPortChooser } from '../ports.ts';

async function choosePorts(worker: number): Promise<number[]> {
  const choose = createPortChooser(worker);
  const ports: number[] = [];
  // More than half of a worker's ports: two workers that shared a range would meet.
  while (ports.length < 1400) ports.push(await choose());
  return ports;
}

describe('the ports of a test', () => {
  it('are never those of another worker', async () => {
    const ports = [...(await choosePorts(1)), ...(await choosePorts(2))];
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('lie below the range of outgoing connections', async () => {
    expect(Math.max(...(await choosePorts(7)))).toBeLessThan(32_768);
  });
});
