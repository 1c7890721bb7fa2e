import type { ProxyState } from '../../proxy/state.ts';

/** The changes of state of one upstream as the events tell them: "up > down: health check failed: …". */
export const storyOf = (state: ProxyState, id: string): string[] =>
  state.events
    .since(0)
    .flatMap((event) => (event.type === 'upstream.state' && event.upstream === id ? [event] : []))
    .map(({ from, to, why }) => `${from} > ${to}: ${why}`);

/** Each change of the panic as the events tell it: "on 0 of 3". */
export const panicsOf = (state: ProxyState): string[] =>
  state.events
    .since(0)
    .flatMap((event) => (event.type === 'pool.panic' ? [event] : []))
    .map(({ on, up, of }) => `${on ? 'on' : 'off'} ${up} of ${of}`);
