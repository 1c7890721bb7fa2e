import type { ClusterEvent } from '../../contract.ts';

/** Brings events that are news, and only those, from a page's connection to what moves. */
export interface Feed {
  tell(event: ClusterEvent): void;
  /** returns how to stop */
  listen(take: (event: ClusterEvent) => void): () => void;
}

export function createFeed(): Feed {
  const takers = new Set<(event: ClusterEvent) => void>();
  return {
    tell: (event) => takers.forEach((take) => void take(event)),
    listen(take) {
      takers.add(take);
      return () => void takers.delete(take);
    },
  };
}
