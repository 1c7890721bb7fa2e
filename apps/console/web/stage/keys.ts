/** What the stage shows beside the cluster; every key turns one thing. It has no power over the cluster. */
export interface Show {
  paused: boolean;
  legend: boolean;
  join: boolean;
  blank: boolean;
  help: boolean;
  table: boolean;
}

export const KEYS: readonly { keys: string[]; turns: keyof Show; label: string; what: string }[] = [
  { keys: [' ', '.'], turns: 'paused', label: 'Space or .', what: 'Pause the dots' },
  { keys: ['j'], turns: 'join', label: 'J', what: 'QR code for the back row' },
  { keys: ['b'], turns: 'blank', label: 'B', what: 'Blank screen' },
  { keys: ['t'], turns: 'table', label: 'T', what: 'View as table' },
  { keys: ['l'], turns: 'legend', label: 'L', what: 'Legend' },
  { keys: ['?'], turns: 'help', label: '?', what: 'These keys' },
];

/** What is shown after a key; null = it is none of ours. Escape closes what lies on top. */
export function turn(show: Show, key: string): Show | null {
  if (key === 'Escape') return { ...show, help: false, join: false, blank: false, table: false };
  const found = KEYS.find(({ keys }) => keys.includes(key.toLowerCase()));
  if (!found) return null;
  // On a blank screen any of our keys brings the picture back, and does nothing else.
  if (show.blank) return { ...show, blank: false };
  return { ...show, [found.turns]: !show[found.turns] };
}
