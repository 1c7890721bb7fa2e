/** Two phones behind one hotspot, a student with a tablet: so many seats are nobody's business. */
const FEW = 4;

export interface Seat {
  /** the network address it was taken from */
  from: string;
  /** wall clock ms */
  seenAt: number;
}

/**
 * Who gives up a seat of a full room for a phone at another address: of the address that holds the most, whoever was
 * silent for longest. One device may not take all seats, and a class behind one address may. Null: nobody has too many.
 */
export function seatToGive<S extends Seat>(seats: readonly S[], from: string): S | null {
  const held = new Map<string, S[]>();
  for (const seat of seats) held.set(seat.from, [...(held.get(seat.from) ?? []), seat]);
  const most = [...held.values()].reduce((one, other) => (other.length > one.length ? other : one), []);
  if (most.length <= Math.max(FEW, (held.get(from)?.length ?? 0) + 1)) return null;
  return most.reduce((one, other) => (other.seenAt < one.seenAt ? other : one));
}
