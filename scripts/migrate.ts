// npm run migrate
// Brings the database of DATABASE_URL up to date; by default the development stack's.
import { migrate } from '@ringline/store';
import { readDevEnv } from './stack/dev-env.ts';

const databaseUrl = process.env.DATABASE_URL ?? readDevEnv().DATABASE_URL;
if (databaseUrl) {
  try {
    await migrate(databaseUrl);
    console.log('The database is up to date.');
  } catch (error) {
    console.error(`Not migrated: ${(error as Error).message}`);
    process.exitCode = 1;
  }
} else {
  console.error('No database: set DATABASE_URL, or run npm start first.');
  process.exitCode = 1;
}
