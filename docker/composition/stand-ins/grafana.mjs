import { createServer } from 'node:http';

const server = createServer((request, response) => {
  response.statusCode = request.url === '/api/health' ? 200 : 404;
  response.end();
});
server.listen(3000);
process.once('SIGTERM', () => server.close());
