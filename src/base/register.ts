import { randomInt } from 'node:crypto'

/**
 * What is under way, by name: entries that come and go thousands of times a second.
 *
 * Not a Map. The table of a Map is soon outgrown where entries come and go, since those that went fill it too; and a table
 * that was outgrown goes on pointing to the one after it, for iterators. Once one has grown old, all that came after it,
 * and every lead that stood in them, is kept until old objects are collected: under load half of a server's time went
 * into that. Here nothing old points to anything new but what is in it.
 */
export interface Register<Name, Value> {
  get(name: Name): Value | undefined
  has(name: Name): boolean
  /** In place of what is there under the same name. */
  set(name: Name, value: Value): void
  delete(name: Name): void
}

const PLACES_FIRST = 256
/** Another in each process: nobody outside can tell which names fall together. */
const SEED = randomInt(2 ** 32)
/** FNV-1a, its upper bits mixed into the lower. http://www.isthe.com/chongo/tech/comp/fnv/ */
const PRIME = 0x01000193

const hashOf = (name: string | number): number => {
  const text = typeof name === 'string' ? name : String(name)
  let hash = SEED
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME)
  return hash ^ (hash >>> 15)
}

/** Names lie at their hash or in the next free place; what went leaves none behind that is not free. */
export const createRegister = <Name extends string | number, Value>(): Register<Name, Value> => {
  let names = new Array<Name | undefined>(PLACES_FIRST).fill(undefined)
  let values = new Array<Value | undefined>(PLACES_FIRST).fill(undefined)
  let last = PLACES_FIRST - 1
  let size = 0

  /** Where it is, or would be. */
  const placeOf = (name: Name): number => {
    let at = hashOf(name) & last
    for (let other = names[at]; other !== undefined && other !== name; other = names[at]) at = (at + 1) & last
    return at
  }

  const grow = (): void => {
    const [oldNames, oldValues] = [names, values]
    const places = 2 * oldNames.length
    names = new Array<Name | undefined>(places).fill(undefined)
    values = new Array<Value | undefined>(places).fill(undefined)
    last = places - 1
    for (const [at, name] of oldNames.entries()) {
      if (name === undefined) continue
      const to = placeOf(name)
      names[to] = name
      values[to] = oldValues[at]
    }
  }

  return {
    get: (name) => values[placeOf(name)],
    has: (name) => names[placeOf(name)] !== undefined,
    set: (name, value) => {
      const at = placeOf(name)
      values[at] = value
      if (names[at] !== undefined) return
      names[at] = name
      size += 1
      if (2 * size > last) grow()
    },
    delete: (name) => {
      let free = placeOf(name)
      if (names[free] === undefined) return
      size -= 1
      // Who stands behind it and would rather stand here moves up.
      for (let at = (free + 1) & last; names[at] !== undefined; at = (at + 1) & last) {
        const wanted = hashOf(names[at] as Name) & last
        if (((at - wanted) & last) < ((at - free) & last)) continue
        names[free] = names[at]
        values[free] = values[at]
        free = at
      }
      names[free] = undefined
      values[free] = undefined
    },
  }
}
