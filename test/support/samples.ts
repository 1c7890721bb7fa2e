import assert from 'node:assert/strict';
import { send } from './client.ts';

/** What Prometheus would read of the control port, by name and labels. A line that is neither a comment nor a sample fails. */
export async function readSamples(controlPort: number): Promise<Map<string, number>> {
  const answer = await send(controlPort, { path: '/metrics' });
  assert.match(String(answer.headers['content-type']), /^text\/plain; version=/);
  const samples = new Map<string, number>();
  for (const line of answer.body.toString().split('\n')) {
    if (line === '' || line.startsWith('# HELP ') || line.startsWith('# TYPE ')) continue;
    const [, name, value] = /^([a-z_]+(?:\{.*\})?) ([-+.0-9eEInf]+)$/.exec(line) ?? assert.fail(line);
    samples.set(String(name), Number(value));
  }
  return samples;
}
