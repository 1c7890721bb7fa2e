import type { Scene } from '../../contract.ts';
import { clockOf } from '../shared/time.ts';
import type { PictureView } from './view.ts';

/** The picture and the time line in words: for screen readers always, for everybody when asked. */
export function PictureTable({ view, scene }: { view: PictureView; scene: Scene }) {
  const flags = scene.flags.toReversed().slice(0, 12);
  return (
    <>
      <table>
        <caption>Replicas, affinity {view.affinityLabel}</caption>
        <thead>
          <tr>
            <th scope="col">Replica</th>
            <th scope="col">State</th>
            <th scope="col">Pins</th>
            <th scope="col">Sessions in it</th>
            <th scope="col">Req/s</th>
          </tr>
        </thead>
        <tbody>
          {view.replicas.map((replica) => (
            <tr key={replica.id}>
              <th scope="row">
                {replica.id} {replica.life}
              </th>
              <td>{stateText(replica)}</td>
              <td>{replica.pins ?? '–'}</td>
              <td>{sessionsText(replica)}</td>
              <td>{replica.perSecond === null ? '–' : Math.round(replica.perSecond)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">{view.store.name}</th>
            <td colSpan={4}>
              {view.store.state === 'up' ? view.store.lines.join(', ') || 'in use' : view.store.lines[0]}
            </td>
          </tr>
        </tbody>
      </table>
      <table>
        <caption>Shoppers</caption>
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Carts broken now</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{view.robotCount} robots</th>
            <td>{view.brokenRobots}</td>
          </tr>
          {view.students.length > 0 && (
            <tr>
              <th scope="row">{view.students.length} of you</th>
              <td>{brokenNames(view)}</td>
            </tr>
          )}
          <tr>
            <th scope="row">On the floor</th>
            <td>
              {view.floor.text} {view.floor.rest}
            </td>
          </tr>
        </tbody>
      </table>
      <table>
        <caption>What happened, newest first</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {flags.length === 0 && (
            <tr>
              <td colSpan={3}>nothing yet</td>
            </tr>
          )}
          {flags.map(({ t, lane, text }, index) => (
            <tr key={index}>
              <td>{clockOf(t)}</td>
              <td>{lane === 'we' ? 'we' : 'cluster'}</td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

const STATE_WORDS: Partial<Record<PictureView['replicas'][number]['state'], string>> = {
  out: 'not in rotation',
};

function stateText({ state, word, notes }: PictureView['replicas'][number]): string {
  const text = state === 'dead' ? word : (STATE_WORDS[state] ?? state);
  return [text, ...notes].join(', ');
}

function sessionsText({ sessions, ghosts }: PictureView['replicas'][number]): string {
  if (ghosts > 0) return `${ghosts} died`;
  if (sessions === null) return '–';
  return sessions.empty === 0 ? String(sessions.filled) : `${sessions.filled} + ${sessions.empty} empty`;
}

function brokenNames({ students }: PictureView): string {
  const broken = students.filter((student) => student.broken);
  return broken.length === 0 ? '0' : `${broken.length}: ${broken.map(({ name }) => name).join(', ')}`;
}
