/** Chance that is the same each time: mulberry32, 32 bits of state, enough for made-up people. */
export interface Chance {
  /** 0 (with) to 1 (without). */
  random(): number
  below(count: number): number
  /** True with that probability. */
  is(probability: number): boolean
  pick<T>(items: readonly T[]): T
}

export const createChance = (seed: number): Chance => {
  let state = seed >>> 0
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const below = (count: number): number => Math.floor(random() * count)
  return {
    random,
    below,
    is: (probability) => random() < probability,
    pick: (items) => items[below(items.length)] as never,
  }
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** One error of the hand: a letter left out, put in, replaced, or exchanged with its neighbour. */
export const typo = (chance: Chance, text: string): string => {
  if (text.length < 2) return text
  const at = chance.below(text.length)
  const letter = /\d/.test(text[at] ?? '') ? String(chance.below(10)) : chance.pick([...LETTERS])
  switch (chance.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + letter + text.slice(at)
    case 2:
      return text.slice(0, at) + letter + text.slice(at + 1)
    default:
      return at + 1 < text.length ? text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2) : text
  }
}

export const letterOf = (chance: Chance): string => chance.pick([...LETTERS])
