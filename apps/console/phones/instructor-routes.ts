import type { Express } from 'express';
import { z } from 'zod';
import { readBody } from '../../../lib/read-body.ts';
import type { ClusterEvent } from '../contract.ts';
import type { Students } from './students.ts';
import type { Vote } from './vote.ts';
import type { Where } from './where.ts';

/** Shown on a wall and told in a terminal. */
const words = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u, 'expected one line without control characters');
const VOTE_BODY = z.strictObject({
  question: words(120),
  options: z
    .array(words(24))
    .min(2)
    .max(4)
    .refine((options) => new Set(options).size === options.length, 'expected options that differ'),
});
const CAME_BODY = z.strictObject({ option: z.number().int() });
const ADDRESS_BODY = z.strictObject({ host: z.string().max(253) });

/**
 *   PUT    /api/vote             {question, options} opens one      DELETE /api/vote   takes it away
 *   POST   /api/vote/close       no more votes                      POST   /api/vote/came   {option} came true
 *   PUT    /api/phones/address   {host}: where phones find us, for when the machine cannot know
 *   DELETE /api/phones           clears the room: every phone leaves, and may join again
 */
export function addInstructorRoutes(
  api: Express,
  parts: { students: Students; vote: Vote; where: Where; tell(event: ClusterEvent): void },
): void {
  const { students, vote, where, tell } = parts;
  api.put('/api/vote', (req, res) => {
    const { question, options } = readBody(VOTE_BODY, req.body);
    res.json(vote.open(question, options));
  });
  api.post('/api/vote/close', (_req, res) => void res.json(vote.close()));
  api.post('/api/vote/came', (req, res) => {
    res.json(vote.came(readBody(CAME_BODY, req.body).option));
  });
  api.delete('/api/vote', (_req, res) => {
    vote.clear();
    res.status(204).end();
  });
  api.put('/api/phones/address', (req, res) => {
    const joinUrls = where.say(readBody(ADDRESS_BODY, req.body).host);
    tell({ type: 'phones.address', joinUrls });
    res.json({ open: true, joinUrls });
  });
  api.delete('/api/phones', (_req, res) => void res.json({ left: students.clear() }));
}
