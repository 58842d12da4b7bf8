/** A whole number on the command line. */
import { InvalidArgumentError } from 'commander';

/** Reads a whole number from `least` to `most`; commander says what is wrong with anything else. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`a whole number from ${least} to ${most}`);
    return value;
  };
}
