import { readFileSync } from 'node:fs';
import type { RequestHandler } from 'express';

/** Path → file beside this module (beside the bundle once built) and its type. */
const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/shop.css': ['shop.css', 'text/css; charset=utf-8'],
  '/shop.js': ['shop.js', 'text/javascript; charset=utf-8'],
  '/ask.js': ['ask.js', 'text/javascript; charset=utf-8'],
  '/words.js': ['words.js', 'text/javascript; charset=utf-8'],
  '/ledger.js': ['ledger.js', 'text/javascript; charset=utf-8'],
  '/view.js': ['view.js', 'text/javascript; charset=utf-8'],
} as const;

/** The page loads nothing from elsewhere and runs nothing inline. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The shop page, one handler per path; read once, at start. Page and files may be answered by different replicas. */
export function shopFiles(): Record<string, RequestHandler> {
  return Object.fromEntries(
    Object.entries(FILES).map(([path, [file, type]]) => {
      const body = readFileSync(new URL(`./page/${file}`, import.meta.url));
      return [path, serve(body, type)];
    }),
  );
}

const serve =
  (body: Buffer, type: string): RequestHandler =>
  (_req, res) => {
    res.set({
      'content-type': type,
      'content-security-policy': CONTENT_POLICY,
      'referrer-policy': 'no-referrer',
    });
    res.send(body);
  };
