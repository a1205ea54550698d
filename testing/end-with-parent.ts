const CHECK_EVERY_MS = 500;

// Loaded into Jest's workers before anything else. It ends a worker whose Jest is gone, and with it
// the servers that its test has started. It polls, because a listener for `disconnect` would keep a
// finished worker alive.
if (process.connected) {
  setInterval(() => {
    if (!process.connected) process.exit(1);
  }, CHECK_EVERY_MS).unref();
}
