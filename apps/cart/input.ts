import type { Request } from 'express';
import { OP_ID, OP_ID_HEADER } from './contract.ts';
import { type ErrorCode, Refusal } from './errors.ts';

/** What a request must bring; everything else about it is ignored. All readers throw a 400 Refusal. */

/** The client-made id of a mutation. */
export function readOpId(req: Request): string {
  const opId = req.get(OP_ID_HEADER);
  if (!opId) throw new Refusal('op_id_missing');
  if (!OP_ID.test(opId)) throw new Refusal('op_id_malformed', { came: opId });
  return opId;
}

export const readSku = (req: Request) => textField(req, { name: 'sku', pattern: SKU, code: 'bad_sku' });

export const readUser = (req: Request) => textField(req, { name: 'user', pattern: USER, code: 'bad_user' });

export function readQty(req: Request): number {
  const { qty } = bodyOf(req);
  if (Number.isInteger(qty) && Number(qty) >= 1 && Number(qty) <= QTY_MAX) return Number(qty);
  throw new Refusal('bad_qty', { came: qty });
}

const SKU = /^[a-z0-9-]{1,40}$/;
const USER = /^[A-Za-z0-9_-]{1,32}$/;
const QTY_MAX = 99;

function textField(req: Request, rule: { name: string; pattern: RegExp; code: ErrorCode }): string {
  const value = bodyOf(req)[rule.name];
  if (typeof value === 'string' && rule.pattern.test(value)) return value;
  throw new Refusal(rule.code, { came: value });
}

function bodyOf(req: Request): Record<string, unknown> {
  const body: unknown = req.body;
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new Refusal('bad_body', { came: body });
}
