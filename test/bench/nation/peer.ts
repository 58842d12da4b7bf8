/**
 * The least that a far end could be: a Socket.IO server that writes each batch as it came into one table, commits, and answers.
 * No check, no token, no chain, no table that anybody could ask. Run as a process: `node peer.ts`, with DATABASE_URL.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { Server } from 'socket.io';
import { LINK_PATH } from '../../../kiosk-agent/contract/link.ts';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL!, max: 10 });
await pool.query(
  'CREATE TABLE IF NOT EXISTS bare (place bigint GENERATED ALWAYS AS IDENTITY, agent text, batch text)',
);
const http = createServer();
const io = new Server(http, { path: LINK_PATH, transports: ['websocket'], maxHttpBufferSize: 1024 * 1024 });
io.on('connection', (socket) => {
  const { agentId } = socket.handshake.auth as { agentId: string };
  let turn: Promise<unknown> = Promise.resolve();
  socket.on('events', (batch: { seq: number }[], answer: (receipt: { through: number }) => void) => {
    turn = turn.then(async () => {
      await pool.query({
        name: 'bare',
        text: 'INSERT INTO bare (agent, batch) VALUES ($1, $2)',
        values: [agentId, JSON.stringify(batch)],
      });
      answer({ through: batch.at(-1)!.seq });
    });
  });
  socket.emit('welcome', { through: 0 });
});
http.listen(0, '127.0.0.1', () => {
  console.log(`peer ready http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
});
