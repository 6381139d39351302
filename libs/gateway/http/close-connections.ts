import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Makes the closing of a server end in time. Node waits for connections on which no request has begun, which browsers and clients open ahead,
 * until its own time for headers is over; and for as long as it takes where a client reads or sends slowly. The first are ended at once, the
 * rest after `graceMs`.
 *
 * @param close takes no further request and waits for connections
 */
export function closingInTime(server: Server, close: () => Promise<void>, graceMs: number): () => Promise<void> {
  const withoutRequest = new Set<Socket>();
  server.on('connection', (socket) => {
    withoutRequest.add(socket);
    socket.once('close', () => withoutRequest.delete(socket));
  });
  server.on('request', ({ socket }) => withoutRequest.delete(socket));
  return async () => {
    for (const socket of withoutRequest) socket.destroy();
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    await close().finally(() => clearTimeout(timer));
  };
}
