/** Plain words about a person: gender, occupation, birth place, and columns that nothing else is known of. */
import { wordKey } from '../../fields/text.ts'
import { type Feature, type Group, MISSING } from './group.ts'
import { placeLevel } from './places.ts'

export interface WordValue {
  readonly key: string
}

/** Null where nothing is given. */
export const readWord = (text: string): WordValue | null => {
  const key = wordKey(text)
  return key === '' ? null : { key }
}

const GENDERS = new Map(Object.entries({ m: 'm', male: 'm', man: 'm', f: 'f', female: 'f', woman: 'f' }))

export const readGender = (text: string): WordValue | null => {
  const key = wordKey(text)
  return key === '' || key === 'unknown' || key === 'u' ? null : { key: GENDERS.get(key) ?? key }
}

export const createGenders = (): Group<WordValue> => ({
  id: 'gender',
  features: [
    {
      id: 'gender',
      differMax: 0.15,
      fixed: { agreesUpTo: 1 },
      levels: [MISSING, { id: 'exact', m: 0.97, u: 0.52 }, { id: 'different', m: 0.03, u: 0.48 }],
    },
  ],
  compare: (a, b) => (a.key === b.key ? 1 : 2),
  terms: ({ key }) => [key],
})

const graded = (id: string, shared: boolean, m: readonly [number, number, number, number]): Feature => ({
  id,
  shared,
  levels: [
    MISSING,
    { id: 'exact', m: m[0], u: 0.02, rarity: 1 },
    { id: 'close', m: m[1], u: 0.002, rarity: 0.5 },
    { id: 'fair', m: m[2], u: 0.02 },
    { id: 'different', m: m[3], u: 0.958 },
  ],
})

/** Words compared as names of places are. `shared`: by a family too. */
export const createWords = (id: string, shared: boolean): Group<WordValue> => ({
  id,
  features: [graded(id, shared, id.startsWith('other') ? [0.5, 0.05, 0.05, 0.4] : [0.7, 0.06, 0.06, 0.18])],
  compare: (a, b) => placeLevel(a.key, b.key),
  terms: ({ key }) => [key],
})
