import { defineField } from '../kit/field.ts'
import { clean, hashKind, lineOf, wordKey } from './text.ts'

interface Gender {
  readonly normal: string
  /** One letter, as forms and buyers have it. */
  readonly code: string
}

const GENDERS: readonly (readonly [Gender, string])[] = [
  [{ normal: 'male', code: 'M' }, 'm male man boy masculine masculino hombre homme mann mannlich masculin maschio'],
  [
    { normal: 'female', code: 'F' },
    'f female woman girl feminine femenino mujer femme frau weiblich w feminin femmina',
  ],
  [{ normal: 'nonbinary', code: 'X' }, 'x nonbinary nb enby divers diverse d genderqueer agender genderfluid other'],
  [{ normal: 'undisclosed', code: 'U' }, 'u undisclosed unspecified unknown undeclared'],
]

const BY_WORD: ReadonlyMap<string, Gender> = new Map(
  GENDERS.flatMap(([gender, words]) => words.split(' ').map((word) => [word, gender] as const)),
)

const PHRASES: ReadonlyMap<string, string> = new Map([
  ['non binary', 'x'],
  ['gender queer', 'x'],
  ['gender fluid', 'x'],
  ['prefer not to say', 'u'],
  ['prefer not to answer', 'u'],
  ['rather not say', 'u'],
  ['decline to state', 'u'],
  ['not specified', 'u'],
])

/** A longer text names none. */
const WORD_CHARS_MAX = 100

export const gender = defineField({
  type: 'gender',
  summary: '`male`, `female`, `nonbinary` or `undisclosed`, from the words and letters of forms, in any case.',
  // Many share it, but what somebody is beside the two common ones is theirs to tell.
  personal: true,
  value: 'string',
  parts: { code: 'string', hashed: 'string' },
  examples: ['Female', 'M', 'f', 'Non-Binary', 'prefer not to say', 'robot', '5d41402abc4b2a76b9719d911017c592'],
  parse: (raw) => {
    const { raw: kept, text } = clean(raw)
    const line = lineOf(text)
    const hashed = hashKind(line)
    const word = line.length <= WORD_CHARS_MAX ? wordKey(line) : ''
    const found = BY_WORD.get(PHRASES.get(word) ?? word)
    return {
      raw: kept,
      normal: found?.normal ?? (hashed ? line.toLowerCase() : null),
      valid: found !== undefined,
      masked: false,
      parts: { code: found?.code ?? null, hashed },
    }
  },
})
