/** A citizen's number as it is typed (GB 11643). Pure; the hub looks at it again. */

const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** What is wrong with it so far: too short, or its check character does not fit; null when it is whole. */
export function idNumberFault(number: string): 'short' | 'check' | null {
  if (!/^\d{17}[\dX]$/.test(number)) return number.length < 18 ? 'short' : 'check';
  const sum = weights.reduce((all, weight, at) => all + weight * Number(number[at]), 0);
  return '10X98765432'[sum % 11] === number[17] ? null : 'check';
}

/** Digits, and X as the last of 18; everything else is left out. */
export function idNumberOf(text: string): string {
  const kept = [...text.toUpperCase()].filter((letter) => /[\dX]/.test(letter));
  return kept
    .filter((letter, at) => letter !== 'X' || at === 17)
    .slice(0, 18)
    .join('');
}

/** What bystanders may see: dots, and the character typed last. */
export function hiddenNumber(number: string): string {
  return number === '' ? '' : '•'.repeat(number.length - 1) + number.slice(-1);
}
