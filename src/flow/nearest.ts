import { distance } from 'fastest-levenshtein'

/** Names longer than this are compared no further: the distance is quadratic. */
const NAME_LENGTH_MAX = 100

const letters = (name: string): string => [...name.toLowerCase()].toSorted().join('')

/** How far a slip of the pen goes: a third of the shorter name; two letters in each other's place count as two. */
const slip = (wrong: string, name: string): number =>
  letters(wrong) === letters(name) ? 2 : Math.ceil(Math.min(name.length, wrong.length) / 3)

/** The name that was probably meant: the closest one, where it is close enough for a slip of the pen. */
export const nearest = (wrong: string, names: Iterable<string>): string | null => {
  if (wrong.length > NAME_LENGTH_MAX) return null
  const folded = wrong.toLowerCase()
  let best: string | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  for (const name of names) {
    const apart = distance(folded, name.toLowerCase())
    if (apart < bestDistance) {
      best = name
      bestDistance = apart
    }
  }
  return best !== null && bestDistance <= slip(wrong, best) ? best : null
}

const LISTED_MAX = 20

/** `one of email, phone`, shortened where there are very many. */
export const oneOf = (names: Iterable<string>): string => {
  const all = [...names]
  if (all.length === 0) return 'none, for none is defined'
  if (all.length === 1) return all[0] ?? ''
  const more = all.length > LISTED_MAX ? `, and ${all.length - LISTED_MAX} more` : ''
  return `one of ${all.slice(0, LISTED_MAX).join(', ')}${more}`
}
