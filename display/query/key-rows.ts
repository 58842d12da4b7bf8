/** Keys in rows of at most `most`, as even as can be. Pure. */
export function keyRows(keys: string, most: number): string[] {
  const rows = Math.max(1, Math.ceil(keys.length / most));
  const long = Math.ceil(keys.length / rows);
  return Array.from({ length: rows }, (_row, at) => keys.slice(at * long, (at + 1) * long)).filter(Boolean);
}
