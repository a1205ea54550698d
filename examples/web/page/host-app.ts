/** What this host app's own server knows: who there is, who is there, and what it signs. */
export interface Person {
  id: string;
  name: string;
}

export interface Session {
  token: string;
  ringlineUrl: string;
}

async function read<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(path, init);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as Answer;
}

export async function fetchPeople(): Promise<Person[]> {
  return (await read<{ people: Person[] }>('/people')).people;
}

/** Signs in and gets a fresh token for Ringline. */
export function openSession(userId: string): Promise<Session> {
  return read<Session>('/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
}

/** Says that this user is there, and hears who else is. The browser reconnects by itself. */
export function followPresence(
  userId: string,
  onChange: (online: ReadonlySet<string>) => void,
): void {
  const stream = new EventSource(`/presence?user=${encodeURIComponent(userId)}`);
  stream.onmessage = ({ data }) => onChange(new Set(JSON.parse(data).online as string[]));
}
