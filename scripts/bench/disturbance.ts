import { cpus, loadavg } from 'node:os';

/** Programs that wanted to run in the last minute, on average. */
const BUSY_LOAD = 1;

/** Says so when others use the machine; empty when nobody does. */
export function disturbance(): string {
  const [load = 0] = loadavg();
  if (load < BUSY_LOAD) return '';
  return `Others use this machine (load ${load.toFixed(1)} on ${cpus().length} CPUs): expect numbers that are off.\n`;
}
