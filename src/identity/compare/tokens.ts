/** Words of names, compared two at a time; each pair once, however many records hold it. */
import { areNicknames, fullFormOf } from '../nicknames.ts'
import { soundOf } from './phonetics.ts'
import { edits, jaroWinkler } from './strings.ts'

export interface Token {
  readonly id: number
  readonly text: string
  readonly sound: string
  /** How the name sounds that this one is short for. */
  readonly fullSound: string
}

/** How alike two words are; less is more alike. */
export const ALIKE = { exact: 0, nickname: 1, close: 2, fair: 3, initial: 4, not: 5 } as const
export type Alike = (typeof ALIKE)[keyof typeof ALIKE]

const CLOSE = 0.93
const FAIR = 0.86
/** Below this a similarity plays no part. */
const LEAST = FAIR
const PREFIX_MIN = 3

const judge = (a: Token, b: Token): Alike => {
  const [short, long] = a.text.length <= b.text.length ? [a.text, b.text] : [b.text, a.text]
  if (short.length === 1) return long.startsWith(short) ? ALIKE.initial : ALIKE.not
  if (areNicknames(short, long)) return ALIKE.nickname
  const similarity = jaroWinkler(short, long, LEAST)
  const distance = short.length >= 3 ? edits(short, long, 2) : 3
  if (distance <= 1 && short.length >= 3) return ALIKE.close
  if (similarity >= CLOSE && distance <= 2 && short.length >= 4) return ALIKE.close
  if (similarity >= FAIR || (distance <= 2 && short.length >= 5)) return ALIKE.fair
  if (short.length >= PREFIX_MIN && long.startsWith(short)) return ALIKE.fair
  if (a.sound.length >= 3 && a.sound === b.sound) return ALIKE.fair
  return ALIKE.not
}

export interface Tokens {
  of(text: string): Token
  alike(a: Token, b: Token): Alike
}

/** Two of these make one exact number. Beyond, numbers begin anew: nobody holds a word for so long. */
const IDS_MAX = 2 ** 26

// Direct-mapped: a pair that falls on another's place takes it, and memory stays what it is. Where few words are known,
// as on the intake path of each country, few pairs are met again.
const CACHE_BITS_MAX = 18
const PAIRS_PER_TOKEN = 8

/** Tokens are known by number within one table; `tokensMax` bounds it: beyond, it begins anew. */
export const createTokens = (tokensMax = 1_000_000): Tokens => {
  let known = new Map<string, Token>()
  let nextId = 0
  const bits = Math.min(CACHE_BITS_MAX, Math.ceil(Math.log2(tokensMax * PAIRS_PER_TOKEN)))
  const keys = new Float64Array(2 ** bits).fill(-1)
  const found = new Uint8Array(2 ** bits)
  return {
    of: (text) => {
      const before = known.get(text)
      if (before) return before
      if (known.size >= tokensMax) known = new Map()
      const sound = soundOf(text)
      const full = fullFormOf(text)
      const token = { id: nextId, text, sound, fullSound: full === text ? sound : soundOf(full) }
      nextId += 1
      if (nextId === IDS_MAX) {
        nextId = 0
        known = new Map()
        keys.fill(-1)
      }
      known.set(text, token)
      return token
    },
    alike: (a, b) => {
      if (a.text === b.text) return ALIKE.exact
      const [low, high] = a.id < b.id ? [a.id, b.id] : [b.id, a.id]
      const key = low * IDS_MAX + high
      const slot = (Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b)) >>> (32 - bits)
      if (keys[slot] === key) return found[slot] as Alike
      const alike = judge(a, b)
      keys[slot] = key
      found[slot] = alike
      return alike
    },
  }
}
