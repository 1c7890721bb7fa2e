const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads "300ms", "8s", "1.5m" or "2h" as milliseconds. A bare number has no unit and is refused. */
export function parseDuration(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/.exec(text.trim());
  const factor = UNITS[match?.[2] ?? ''];
  if (!match || factor === undefined) throw new Error(`expected a time like 300ms, 8s or 2m, got "${text}"`);
  return Math.round(Number(match[1]) * factor);
}

/** 740 → "740 ms", 8000 → "8 s", 95_000 → "95 s", 600_000 → "10 min". */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms >= 120_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  const seconds = ms / 1000;
  return `${seconds < 10 && seconds % 1 !== 0 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
