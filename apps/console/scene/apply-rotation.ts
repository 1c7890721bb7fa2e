import type { EventOf } from './apply-scene.ts';
import { LIMITS, type Out, type Scene } from './scene.ts';

/** Who is out of rotation, and why: nobody can be asked for it afterwards. */
export function rotates(scene: Scene, { upstream, to, why, t }: EventOf<'upstream.state'>): Scene {
  const others = withoutOut(scene, upstream);
  if (to !== 'ejected' && to !== 'down') return { ...scene, outs: others };
  const known = Object.entries({ ...others, [upstream]: { state: to, t, why } });
  return { ...scene, outs: Object.fromEntries(known.slice(-LIMITS.deaths)) };
}

export const forgetOut = (scene: Scene, { upstream }: EventOf<'upstream.removed'>): Scene => ({
  ...scene,
  outs: withoutOut(scene, upstream),
});

export const panics = (scene: Scene, { on, up, of, t }: EventOf<'pool.panic'>): Scene => ({
  ...scene,
  panic: on ? { t, up, of } : null,
});

/** A proxy that starts again has no reason yet for not believing. */
export const forgetPanic = (scene: Scene, { state }: EventOf<'proxy.state'>): Scene =>
  state === 'exited' ? { ...scene, panic: null } : scene;

function withoutOut({ outs = {} }: Scene, upstream: string): Record<string, Out> {
  const { [upstream]: _, ...others } = outs;
  return others;
}
