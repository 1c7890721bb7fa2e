/** Time since the run began: "00:31", "1:02:31". */
export function clockOf(t: number): string {
  const seconds = Math.floor(t / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = [minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
  return hours === 0 ? rest : `${hours}:${rest}`;
}
