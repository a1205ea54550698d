/* Requests to this host app's own server. */

export interface Person {
  id: string;
  name: string;
}

export interface Session {
  token: string;
  ringlineUrl: string;
}

async function fetchJson<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(path, init);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as Answer;
}

export async function fetchPeople(): Promise<Person[]> {
  return (await fetchJson<{ people: Person[] }>('/people')).people;
}

/** Signs in, and returns a new token for Ringline. */
export function openSession(userId: string): Promise<Session> {
  return fetchJson<Session>('/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
}

/** Shows this user as online, and reports who else is. The browser reconnects by itself. */
export function watchPresence(
  userId: string,
  onChange: (online: ReadonlySet<string>) => void,
): void {
  const stream = new EventSource(`/presence?user=${encodeURIComponent(userId)}`);
  stream.onmessage = ({ data }) => onChange(new Set(JSON.parse(data).online as string[]));
}
