// The container's health check: does the process still answer?
const url = `http://127.0.0.1:${process.env.INTERNAL_PORT}/health`;
const healthy = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
  (response) => response.ok,
  () => false,
);
process.exit(healthy ? 0 : 1);
