// Loaded into Jest's workers before anything else. A worker whose Jest is gone would go on for as long as its test
// takes, and with it all that the test has started.
if (process.connected) process.once('disconnect', () => process.exit(1));
