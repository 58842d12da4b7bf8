/** What looks like an identity number or a mobile number in a sentence that somebody wrote. It is masked before anything is kept. */

/** Digits in groups, as people write them: 138 0013 8000, 138-0013-8000, １３８００１３８０００. */
const GAP = '[ \\u00a0\\u3000.\\-－—·]?';
const digits = (count: number): string => `\\p{Nd}(?:${GAP}\\p{Nd}){${count - 1}}`;
const PERSONAL = new RegExp(
  [
    // 18: seventeen digits and a check character; 15: the cards of before 1999
    `(?<!\\p{Nd})${digits(17)}${GAP}[\\p{Nd}XxＸｘ](?!\\p{Nd})`,
    `(?<!\\p{Nd})${digits(15)}(?!${GAP}\\p{Nd})`,
    // 11 digits that begin with 1, also behind the country's code
    `(?<!\\p{Nd})(?:(?:\\+|00|００)?(?:86|８６)${GAP})?[1１](?:${GAP}\\p{Nd}){10}(?!\\p{Nd})`,
  ].join('|'),
  'gu',
);

/** The text with every such number as stars, one for each character: its length stays. */
export function maskPersonal(text: string): string {
  return text.replace(PERSONAL, (number) => '*'.repeat(number.length));
}
