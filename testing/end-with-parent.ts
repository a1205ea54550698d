const LOOK_EVERY_MS = 500;

// Loaded into Jest's workers before anything else. A worker whose Jest is gone would go on for as long as its test
// takes, and with it all that the test has started. Jest has to be asked after: to listen for its going would hold up a
// worker that is to end.
if (process.connected) {
  setInterval(() => {
    if (!process.connected) process.exit(1);
  }, LOOK_EVERY_MS).unref();
}
