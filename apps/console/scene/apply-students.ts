import { withNow } from './apply-robots.ts';
import type { EventOf } from './apply-scene.ts';
import { LIMITS, type Scene } from './scene.ts';

export function studentJoined(scene: Scene, { id, name }: EventOf<'student.joined'>): Scene {
  if (scene.students.length >= LIMITS.students || scene.students.some((student) => student.id === id))
    return scene;
  const student = { id, name, on: null, cart: 'none' as const, items: 0, silent: false };
  return { ...scene, students: [...scene.students, student] };
}

export function studentLeft(scene: Scene, { id }: EventOf<'student.left'>): Scene {
  return withNow({ ...scene, students: scene.students.filter((student) => student.id !== id) });
}

export function studentCart(before: Scene, event: EventOf<'student.cart'>): Scene {
  const { id, on, cart, items, silent } = event;
  // One whose joining nobody here has seen is there all the same.
  const scene = studentJoined(before, { ...event, type: 'student.joined' });
  return withNow({
    ...scene,
    students: scene.students.map((student) =>
      student.id === id ? { ...student, on, cart, items, silent } : student,
    ),
  });
}
