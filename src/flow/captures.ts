/**
 * Patterns that say where they matched. All ways through the pattern are followed at once, the preferred first, each with
 * the places of its groups: time is in proportion to text × pattern, whatever they are.
 */
import type { CapturePattern, SearchSteps } from '../kit/destination.ts'
import { isWord, lowerUnit } from './pattern-units.ts'
import { readStates, type State } from './patterns.ts'

/** Steps of one search at most: a text is searched as far as they reach. A tenth of a second at worst. */
const STEPS_MAX = 1_500_000
/** Copying the places of groups takes a step for so many of them. */
const SLOTS_A_STEP = 8
const TEXT_LENGTH_MAX = 200_000

interface Way {
  readonly at: number
  /** Where the whole and each group begin and end; -1: nowhere yet. */
  readonly slots: readonly number[]
}

const holds = (what: '^' | '$' | 'b' | 'B', text: string, at: number): boolean => {
  if (what === '^') return at === 0
  if (what === '$') return at === text.length
  const before = at > 0 && isWord(text.charCodeAt(at - 1))
  const after = at < text.length && isWord(text.charCodeAt(at))
  return (before !== after) === (what === 'b')
}

const slotCount = (states: readonly State[]): number =>
  states.reduce((most, state) => (state.op === 'save' ? Math.max(most, state.slot + 1) : most), 2)

/** The places of the first match, or null. What it takes is taken off the steps left, of which there may be none then. */
const search = (
  { states, isExact }: { readonly states: readonly State[]; readonly isExact: boolean },
  text: string,
  left: SearchSteps,
): readonly number[] | null => {
  const seenAt = new Int32Array(states.length).fill(-1)
  const none: readonly number[] = new Array<number>(slotCount(states)).fill(-1)
  const copying = 1 + none.length / SLOTS_A_STEP

  /** Adds every way from here that needs no character, in order of preference. */
  const add = (list: Way[], from: Way, place: number): void => {
    const stack: Way[] = [from]
    for (let way = stack.pop(); way !== undefined; way = stack.pop()) {
      left.steps -= 1
      if (seenAt[way.at] === place) continue
      seenAt[way.at] = place
      const state = states[way.at]
      if (state === undefined) continue
      const { slots } = way
      if (state.op === 'jump') stack.push({ at: state.to, slots })
      else if (state.op === 'split') {
        const [first, second] = state.lazy === true ? [state.right, state.left] : [state.left, state.right]
        stack.push({ at: second, slots }, { at: first, slots })
      } else if (state.op === 'save') {
        left.steps -= copying
        const saved = slots.slice()
        saved[state.slot] = place
        stack.push({ at: way.at + 1, slots: saved })
      } else if (state.op === 'assert') {
        if (holds(state.what, text, place)) stack.push({ at: way.at + 1, slots })
      } else list.push(way)
    }
  }

  let found: readonly number[] | null = null
  let current: Way[] = []
  for (let place = 0; place <= text.length && left.steps > 0; place++) {
    if (found === null) left.steps -= copying
    if (found === null) add(current, { at: 0, slots: [place, ...none.slice(1)] }, place)
    if (current.length === 0) break
    const unit = place < text.length ? (isExact ? text.charCodeAt(place) : lowerUnit(text.charCodeAt(place))) : -1
    const next: Way[] = []
    for (const way of current) {
      left.steps -= 1
      const state = states[way.at]
      if (state?.op === 'match') {
        // Whatever stands behind it is less preferred.
        found = [way.slots[0] ?? 0, place, ...way.slots.slice(2)]
        break
      }
      const takes = unit >= 0 && (state?.op === 'unit' ? state.unit === unit : state?.op === 'test' && state.test(unit))
      if (takes) add(next, { at: way.at + 1, slots: way.slots }, place + 1)
    }
    current = next
  }
  return found
}

/** Compiles a pattern that captures, or says what is wrong with it. Letters match in either case, unless it begins with `(?-i)`. */
export const readCaptures = (text: string): { readonly pattern: CapturePattern } | { readonly wrong: string } => {
  const read = readStates(text, true)
  if (!('states' in read)) return { wrong: read.wrong }
  return {
    pattern: {
      find: (whole, left = { steps: STEPS_MAX }) => {
        const searched = whole.slice(0, TEXT_LENGTH_MAX)
        const places = search(read, searched, left)
        if (places === null) return null
        const groups: (string | null)[] = []
        for (let slot = 0; slot < places.length; slot += 2) {
          const [start = -1, end = -1] = places.slice(slot, slot + 2)
          groups.push(start < 0 || end < 0 ? null : searched.slice(start, end))
        }
        return groups
      },
    },
  }
}
