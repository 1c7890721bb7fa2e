import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * A connection that Node hands over, because its client asks for something else than an answer: an upgrade, a tunnel.
 * `then` may write on it, and end it; it is called when everything asked before has been answered.
 */
export function takeOver(socket: Duplex, then: () => void): void {
  // SUBTLE: Node took its own listener away; without one a client's reset would end the process.
  socket.on('error', () => socket.destroy());
  afterAnswers(socket, () => {
    // Whoever ended our side, there is nothing left to hear from the client.
    socket.once('finish', () => socket.destroy());
    then();
  });
}

/**
 * Node hands over at once what was sent behind another request, before its answer: what we write would stand in the
 * middle of that answer. It has no public word for "an answer is under way on this connection".
 */
export function afterAnswers(
  socket: Duplex & { _httpMessage?: ServerResponse | null },
  then: () => void,
): void {
  if (socket.destroyed) return;
  const owed = socket._httpMessage;
  if (owed) owed.once('close', () => afterAnswers(socket, then));
  else then();
}
