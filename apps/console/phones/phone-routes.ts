import type { Express, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { ApiError } from '../../../lib/api-error.ts';
import { readBody } from '../../../lib/read-body.ts';
import { byAddress, limitPace } from '../access/pace.ts';
import type { FreeNames, NameTaken, PhoneView } from './contract.ts';
import { MAX_STUDENTS } from './names.ts';
import type { Surroundings } from './phones.ts';
import { SILENCE_MS, type Student, type Students } from './students.ts';
import type { Vote } from './vote.ts';

/** Of one phone: four calls a second, and some at once when it wakes up. */
const CALLS = { limit: 20, perMs: 5000 };
/** Of one address, which may be that of a whole class: it comes in at once, each after some names that others took. */
const JOINS = { limit: 5 * MAX_STUDENTS, perMs: 60_000 };
const LOOKS = { limit: 5 * MAX_STUDENTS, perMs: 10_000 };

const JOIN_BODY = z.strictObject({ name: z.string().max(32) });
const CART_BODY = z.strictObject({
  on: z
    .string()
    .regex(/^shop-[0-9]{1,3}$/)
    .nullable(),
  cart: z.enum(['none', 'right', 'broken']),
  items: z.number().int().min(0).max(999),
  silent: z.boolean(),
});
const CHOICE_BODY = z.strictObject({ vote: z.string().max(16), option: z.number().int().min(0).max(9) });

interface Parts {
  students: Students;
  vote: Vote;
  surroundings: Surroundings;
  /** of the cluster's run, wall clock ms */
  startedAt: number;
  /** wall clock ms, null = never */
  resetAt(): number | null;
  now(): number;
}

/**
 *   GET    /api/phones/names     some that are free
 *   POST   /api/phones/join      {name} → 201 with the phone's key; everything below wants it as Bearer
 *   GET    /api/phones/me        asked every two seconds, also says that the phone is still there
 *   PUT    /api/phones/me/cart   {on, cart, items, silent}
 *   PUT    /api/phones/me/vote   {vote, option}
 *   DELETE /api/phones/me        leaves
 */
export function addPhoneRoutes(
  api: Express,
  { students, vote, surroundings, startedAt, resetAt, now }: Parts,
): void {
  const known = meet(students, now);
  const paced = limitPace({
    ...CALLS,
    by: (req) => studentOf(req.res).id,
    says: 'This phone calls too often',
  });
  const joining = limitPace({ ...JOINS, by: byAddress, says: 'Too many phones come in at once' });
  const looking = limitPace({ ...LOOKS, by: byAddress, says: 'Too many phones look for a name at once' });

  api.get('/api/phones/names', looking, (_req, res) => {
    res.json({ names: students.offer(), students: students.count, limit: MAX_STUDENTS } satisfies FreeNames);
  });
  api.post('/api/phones/join', joining, (req, res) => {
    const { name } = readBody(JOIN_BODY, req.body);
    const joined = students.join(name, now(), byAddress(req));
    if (joined) return void res.status(201).json(joined);
    const error = { code: 'name_taken', message: `${name} is taken: choose another name` } as const;
    res.status(409).json({ error, names: students.offer() } satisfies NameTaken);
  });
  api.get('/api/phones/me', known, paced, async (_req, res) => {
    const { id, name } = studentOf(res);
    const sessions = await surroundings.sessions();
    const deaths = surroundings.deaths();
    const { shopPort } = surroundings;
    const voting = { vote: vote.view, chosen: vote.chosenBy(id) };
    res.json({
      name,
      shopPort,
      sessions,
      ...voting,
      deaths,
      startedAt,
      resetAt: resetAt(),
    } satisfies PhoneView);
  });
  api.put('/api/phones/me/cart', known, paced, (req, res) => {
    students.place(studentOf(res), readBody(CART_BODY, req.body));
    res.status(204).end();
  });
  api.put('/api/phones/me/vote', known, paced, (req, res) => {
    const choice = readBody(CHOICE_BODY, req.body);
    vote.choose(studentOf(res).id, choice.vote, choice.option);
    res.json({ chosen: choice.option });
  });
  api.delete('/api/phones/me', known, (_req, res) => {
    students.leave(studentOf(res).id);
    res.status(204).end();
  });
}

/** Finds out which phone calls; the instructor's token is no phone's key. */
function meet(students: Students, now: () => number): RequestHandler {
  return (req, res, next) => {
    const key = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1];
    const student = key === undefined ? null : students.meet(key, now());
    if (student === null) throw new ApiError(401, 'phone_unknown', NOT_IN);
    res.locals.student = student;
    next();
  };
}

const studentOf = (res: Response | undefined): Student => res?.locals.student as Student;

const NOT_IN = `this phone is not in the room, or has been silent for ${SILENCE_MS / 60_000} minutes: join again`;
