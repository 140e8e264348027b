/**
 * How alike two strings are. Jaro–Winkler after Winkler (1990), with his prefix of four and scale 0.1; edit distance
 * with neighbours exchanged counted as one (optimal string alignment). Both symmetric, both without allocation a call.
 */

const CHARS_MAX = 64
const takenA = new Uint8Array(CHARS_MAX)
const takenB = new Uint8Array(CHARS_MAX)

const jaro = (a: string, b: string): number => {
  const lengthA = Math.min(a.length, CHARS_MAX)
  const lengthB = Math.min(b.length, CHARS_MAX)
  if (lengthA === 0 || lengthB === 0) return 0
  const reach = Math.max(0, Math.floor(Math.max(lengthA, lengthB) / 2) - 1)
  takenA.fill(0, 0, lengthA)
  takenB.fill(0, 0, lengthB)
  let matches = 0
  for (let i = 0; i < lengthA; i += 1) {
    const end = Math.min(lengthB, i + reach + 1)
    for (let j = Math.max(0, i - reach); j < end; j += 1) {
      if (takenB[j] === 1 || a.charCodeAt(i) !== b.charCodeAt(j)) continue
      takenA[i] = 1
      takenB[j] = 1
      matches += 1
      break
    }
  }
  if (matches === 0) return 0
  let crossed = 0
  let j = 0
  for (let i = 0; i < lengthA; i += 1) {
    if (takenA[i] === 0) continue
    while (takenB[j] === 0) j += 1
    if (a.charCodeAt(i) !== b.charCodeAt(j)) crossed += 1
    j += 1
  }
  return (matches / lengthA + matches / lengthB + (matches - crossed / 2) / matches) / 3
}

const PREFIX_MAX = 4
const PREFIX_SCALE = 0.1

const maskOf = (text: string, length: number): number => {
  let mask = 0
  for (let at = 0; at < length; at += 1) mask |= 1 << (text.charCodeAt(at) & 31)
  return mask
}

/** Letters of a text that may stand in one with the given mask. */
const within = (text: string, length: number, mask: number): number => {
  let count = 0
  for (let at = 0; at < length; at += 1) if ((mask & (1 << (text.charCodeAt(at) & 31))) !== 0) count += 1
  return count
}

/**
 * 0 (nothing in common) to 1 (equal). What stands beyond 64 characters is not read. A similarity that cannot reach `min`
 * is given as 0: most pairs share so few letters that nothing more need be counted.
 */
export const jaroWinkler = (a: string, b: string, min = 0): number => {
  if (a === b) return 1
  let prefix = 0
  while (prefix < PREFIX_MAX && prefix < a.length && a.charCodeAt(prefix) === b.charCodeAt(prefix)) prefix += 1
  const scaled = prefix * PREFIX_SCALE
  if (min > 0) {
    const lengthA = Math.min(a.length, CHARS_MAX)
    const lengthB = Math.min(b.length, CHARS_MAX)
    const matches = Math.min(within(a, lengthA, maskOf(b, lengthB)), within(b, lengthB, maskOf(a, lengthA)))
    const most = (matches / lengthA + matches / lengthB + 1) / 3
    if (most + scaled * (1 - most) < min) return 0
  }
  // Greedy assignment depends on the side it begins from: one order for both.
  const similarity = a < b ? jaro(a, b) : jaro(b, a)
  return similarity + scaled * (1 - similarity)
}

const rows = [new Uint8Array(CHARS_MAX + 1), new Uint8Array(CHARS_MAX + 1), new Uint8Array(CHARS_MAX + 1)]

/** Insertions, deletions, replacements and exchanges of neighbours from one to the other; more than `max` is `max + 1`. */
export const edits = (a: string, b: string, max: number): number => {
  if (a === b) return 0
  const lengthA = Math.min(a.length, CHARS_MAX)
  const lengthB = Math.min(b.length, CHARS_MAX)
  if (Math.abs(lengthA - lengthB) > max) return max + 1
  // Every letter that the other side does not hold costs an edit of its own.
  if (lengthA - within(a, lengthA, maskOf(b, lengthB)) > max) return max + 1
  let [before, previous, current] = rows as [Uint8Array, Uint8Array, Uint8Array]
  for (let j = 0; j <= lengthB; j += 1) previous[j] = j
  for (let i = 1; i <= lengthA; i += 1) {
    current[0] = i
    let least = i
    const char = a.charCodeAt(i - 1)
    for (let j = 1; j <= lengthB; j += 1) {
      const other = b.charCodeAt(j - 1)
      let cost = Math.min(
        (previous[j] as number) + 1,
        (current[j - 1] as number) + 1,
        (previous[j - 1] as number) + (char === other ? 0 : 1),
      )
      if (i > 1 && j > 1 && char === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other)
        cost = Math.min(cost, (before[j - 2] as number) + 1)
      current[j] = cost
      if (cost < least) least = cost
    }
    if (least > max) return max + 1
    const free = before
    before = previous
    previous = current
    current = free
  }
  return Math.min(previous[lengthB] as number, max + 1)
}
